package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/go-stomp/stomp/v3"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// till sends an order by STOMP. Any header of its own is a property of the
// message; with a receipt, Send returns when the message is on disk.
func till(addr, order string) error {
	conn, err := stomp.Dial("tcp", addr)
	if err != nil {
		return err
	}
	err = conn.Send("/queue/"+queue, "text/plain", []byte(order),
		stomp.SendOpt.Header("from", "till"), stomp.SendOpt.Receipt)
	if err != nil {
		return err
	}
	return conn.Disconnect()
}

// webShop sends an order by Amazon SQS, where a property is a message attribute.
func webShop(ctx context.Context, addr, order string) error {
	client := sqs.New(sqs.Options{
		BaseEndpoint: aws.String("http://" + addr),
		Region:       "us-east-1",
		Credentials:  credentials.NewStaticCredentialsProvider("any", "any", ""),
	})
	found, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(queue)})
	if err != nil {
		return err
	}
	_, err = client.SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl:    found.QueueUrl,
		MessageBody: &order,
		MessageAttributes: map[string]types.MessageAttributeValue{
			"from": {DataType: aws.String("String"), StringValue: aws.String("web shop")},
		},
	})
	return err
}

// app sends an order by NATS; the acknowledgment of JetStream says that it is on disk.
func app(ctx context.Context, addr, order string) error {
	conn, err := nats.Connect("nats://"+addr, nats.Timeout(time.Minute))
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	m := nats.NewMsg(queue)
	m.Data = []byte(order)
	m.Header.Set("from", "app")
	_, err = js.PublishMsg(ctx, m)
	return err
}
