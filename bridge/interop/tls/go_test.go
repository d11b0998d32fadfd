package tls_test

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/go-stomp/stomp/v3"
	"github.com/nats-io/nats.go"

	"github.com/sluicemq/sluice/bridge/cert"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// The SDK, nats.go and go-stomp.
func TestGo(t *testing.T) {
	t.Parallel()
	s := openSite(t)
	untrusting := &tls.Config{MinVersion: tls.VersionTLS12}
	trusting, showing := client(t, s.CA, "", ""), client(t, s.CA, s.Cert, s.Key)
	all := map[string]func(*testing.T) error{
		"sqs_signed": func(t *testing.T) error {
			return sqsExchange(t, s, trusting, credentials.NewStaticCredentialsProvider(s.AccessKey, s.Secret, ""))
		},
		"sqs_by_certificate":   func(t *testing.T) error { return sqsExchange(t, s, showing, aws.AnonymousCredentials{}) },
		"sqs_untrusted":        func(t *testing.T) error { return refused(sqsExchange(t, s, untrusting, aws.AnonymousCredentials{})) },
		"stomp_by_passcode":    func(*testing.T) error { return stompExchange(s, trusting, stomp.ConnOpt.Login(s.User, s.Password)) },
		"stomp_by_certificate": func(*testing.T) error { return stompExchange(s, showing) },
		"stomp_untrusted":      func(*testing.T) error { return refused(stompExchange(s, untrusting)) },
		"nats_by_password":     func(*testing.T) error { return natsExchange(s.NATS, trusting, nats.UserInfo(s.User, s.Password)) },
		"nats_by_certificate":  func(*testing.T) error { return natsExchange(s.NATS, showing) },
		"nats_first":           func(*testing.T) error { return natsExchange(s.First, showing, nats.TLSHandshakeFirst()) },
		"nats_untrusted":       func(*testing.T) error { return refused(natsExchange(s.NATS, untrusting)) },
	}
	for _, name := range cases() {
		t.Run(name, func(t *testing.T) {
			if err := all[name](t); err != nil {
				t.Error(err)
			}
		})
	}
}

func client(t *testing.T, ca, crt, key string) *tls.Config {
	t.Helper()
	c, err := cert.Client(ca, crt, key)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// refused returns nil for the error of a client that does not know the CA.
func refused(err error) error {
	if u := new(tls.CertificateVerificationError); errors.As(err, &u) {
		return nil
	}
	return fmt.Errorf("%v, and not of an authority that nobody knows", err)
}

func sqsExchange(t *testing.T, s site, c *tls.Config, who aws.CredentialsProvider) error {
	transport := &http.Transport{TLSClientConfig: c}
	defer transport.CloseIdleConnections()
	q := sqs.New(sqs.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("https://" + s.SQS), Credentials: who,
		HTTPClient: rig.PlainBodies{HTTPClient: &http.Client{Transport: transport}}, Retryer: aws.NopRetryer{},
	})
	made, err := q.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("go-sqs")})
	if err != nil {
		return err
	}
	if want := "https://" + s.SQS + "/000000000000/go-sqs"; *made.QueueUrl != want {
		return fmt.Errorf("the URL is %s, not %s", *made.QueueUrl, want)
	}
	if _, err := q.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: made.QueueUrl, MessageBody: aws.String("hello")}); err != nil {
		return err
	}
	got, err := q.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: made.QueueUrl, WaitTimeSeconds: 20})
	if err != nil || len(got.Messages) != 1 || *got.Messages[0].Body != "hello" {
		return fmt.Errorf("%+v, %w", got, err)
	}
	_, err = q.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: made.QueueUrl, ReceiptHandle: got.Messages[0].ReceiptHandle})
	return err
}

func stompExchange(s site, c *tls.Config, options ...func(*stomp.Conn) error) error {
	nc, err := tls.Dial("tcp", s.STOMP, c)
	if err != nil {
		return err
	}
	defer nc.Close()
	conn, err := stomp.Connect(nc, append(options, rig.PatientSTOMP)...)
	if err != nil {
		return err
	}
	sub, err := conn.Subscribe("/queue/go-stomp", stomp.AckAuto)
	if err != nil {
		return err
	}
	if err := conn.Send("/queue/go-stomp", "text/plain", []byte("hello"), stomp.SendOpt.Receipt); err != nil {
		return err
	}
	if m := <-sub.C; m.Err != nil || string(m.Body) != "hello" {
		return fmt.Errorf("%q, %w", m.Body, m.Err)
	}
	return conn.Disconnect()
}

func natsExchange(address string, c *tls.Config, options ...nats.Option) error {
	nc, err := rig.ConnectNATS("tls://"+address, append(options, nats.Secure(c), nats.NoReconnect(), nats.Timeout(patience))...)
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := nc.JetStream(nats.MaxWait(patience))
	if err != nil {
		return err
	}
	if _, err := js.AddStream(&nats.StreamConfig{Name: "go-nats", Retention: nats.WorkQueuePolicy}); err != nil {
		return err
	}
	sub, err := js.PullSubscribe("go-nats", "c")
	if err != nil {
		return err
	}
	if _, err := js.Publish("go-nats", []byte("hello")); err != nil {
		return err
	}
	got, err := sub.Fetch(1, nats.MaxWait(patience))
	if err != nil || string(got[0].Data) != "hello" {
		return fmt.Errorf("%+v, %w", got, err)
	}
	return got[0].AckSync()
}
