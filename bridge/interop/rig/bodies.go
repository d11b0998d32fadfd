package rig

import (
	"io"
	"net"
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/go-stomp/stomp/v3"
)

// PlainBodies hides the WriteTo method of the SDK's request bodies. Once the SDK
// has the head of an answer it closes the request's body, and then WriteTo returns io.EOF where
// it should return nil. A server that answers before net/http has seen the end of the body
// makes it cut the connection, and the rest of the answer is lost (smithy-go v1.28.9).
type PlainBodies struct{ sqs.HTTPClient }

// Do implements sqs.HTTPClient.
func (c PlainBodies) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return c.HTTPClient.Do(r)
}

// PatientSQS returns an HTTP client for an SDK that sends nothing twice. It waits as long as its context does.
func PatientSQS() sqs.HTTPClient {
	dialer := func(d *net.Dialer) { d.Timeout = ClientTime }
	return PlainBodies{awshttp.NewBuildableClient().WithDialerOptions(dialer)}
}

// PatientSTOMP is an option of go-stomp, whose own times are seconds: it waits for what is confirmed as long as
// the connection stands, and needs no heart-beats. With a time for UNSUBSCRIBE it may miss the RECEIPT as well.
func PatientSTOMP(c *stomp.Conn) error {
	for _, option := range []func(*stomp.Conn) error{
		stomp.ConnOpt.HeartBeat(0, 0), stomp.ConnOpt.MsgSendTimeout(0), stomp.ConnOpt.RcvReceiptTimeout(0),
		stomp.ConnOpt.DisconnectReceiptTimeout(0), stomp.ConnOpt.UnsubscribeReceiptTimeout(0),
	} {
		if err := option(c); err != nil {
			return err
		}
	}
	return nil
}
