package bridge

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sluicemq/sluice/queuecore"
)

// What a user's own policy denies, no policy of a queue allows: not one that he writes himself, and not
// for the queue of a consumer, which holds what is his stream's.
func TestNoQueueAllowsWhatIsDenied(t *testing.T) {
	x := besieged(t)
	x.queue("stream", queuecore.QueueConfig{Relay: true})
	x.queue("its-consumer", queuecore.QueueConfig{Of: "stream"})
	c, ctx := x.sqs("eve"), t.Context()
	for _, principal := range []string{`"*"`, `{"AWS":"arn:aws:iam::000000000000:user/eve"}`} {
		for _, queue := range []string{"secret", "its-consumer"} {
			text := `{"Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"sqs:*"}]}`
			if _, err := c.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: x.url(queue), Attributes: map[string]string{"Policy": text}}); err != nil {
				t.Fatal(err)
			}
			x.wantRefused(map[string]func() error{
				principal + " " + queue + ", receive": func() error {
					_, err := c.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: x.url(queue)})
					return refusedBySQS(err)
				},
				principal + " " + queue + ", move": func() error {
					_, err := c.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: x.arn(queue), DestinationArn: x.arn("mine")})
					return refusedBySQS(err)
				},
				principal + " " + queue + ", redrive": func() error {
					_, err := c.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: x.url(queue), Attributes: map[string]string{
						"RedrivePolicy": `{"maxReceiveCount":1,"deadLetterTargetArn":"` + *x.arn("mine") + `"}`}})
					return refusedBySQS(err)
				},
			})
		}
	}
	x.queue("closed", queuecore.QueueConfig{})
	x.setPolicy("closed", `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*"}]}`)
	x.wantRefused(map[string]func() error{"send": func() error {
		_, err := c.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: x.url("closed"), MessageBody: aws.String("x")})
		return refusedBySQS(err)
	}})
}
