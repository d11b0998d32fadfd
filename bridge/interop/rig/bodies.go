package rig

import (
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
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
