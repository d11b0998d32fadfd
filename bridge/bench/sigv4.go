package bench

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// signer writes signed calls of SQS in AWS JSON, as the bytes that go over the
// wire. What stays the same from call to call is made once; it is good for a day.
// It may be used from any goroutine.
type signer struct {
	host, scope, day string
	key              [sha256.Size]byte
}

// signedHeaders are those that the SDKs for Go and Python sign.
const signedHeaders = "content-length;content-type;host;x-amz-date;x-amz-target;x-amzn-query-mode"

// AWS Signature Version 4, "Derive a signing key".
func newSigner(host, secret string, now time.Time) *signer {
	s := &signer{host: host, day: now.UTC().Format("20060102")}
	s.scope = s.day + "/us-east-1/sqs/aws4_request"
	s.key = mac([]byte("AWS4"+secret), s.day)
	for _, part := range []string{"us-east-1", "sqs", "aws4_request"} {
		s.key = mac(s.key[:], part)
	}
	return s
}

func mac[T string | []byte](key []byte, text T) (sum [sha256.Size]byte) {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	h.Sum(sum[:0])
	return sum
}

// append appends a whole request.
func (s *signer) append(b []byte, action string, body []byte, now time.Time) []byte {
	stamp := now.UTC().Format("20060102T150405Z")
	b = append(b, "POST / HTTP/1.1\r\nHost: "...)
	b = append(b, s.host...)
	b = append(b, "\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amzn-Query-Mode: true\r\nX-Amz-Target: AmazonSQS."...)
	b = append(b, action...)
	b = append(b, "\r\nX-Amz-Date: "...)
	b = append(b, stamp...)
	b = append(b, "\r\nContent-Length: "...)
	b = strconv.AppendInt(b, int64(len(body)), 10)
	b = append(b, "\r\nAuthorization: AWS4-HMAC-SHA256 Credential="+keyID+"/"...)
	b = append(b, s.scope...)
	b = append(b, ", SignedHeaders="+signedHeaders+", Signature="...)
	sum := s.signature(action, body, stamp)
	b = hex.AppendEncode(b, sum[:])
	b = append(b, "\r\n\r\n"...)
	return append(b, body...)
}

// signature signs the canonical request.
// AWS Signature Version 4, "Create a canonical request", "Create a string to sign".
func (s *signer) signature(action string, body []byte, stamp string) [sha256.Size]byte {
	var room [512]byte
	c := append(room[:0], "POST\n/\n\ncontent-length:"...)
	c = strconv.AppendInt(c, int64(len(body)), 10)
	c = append(c, "\ncontent-type:application/x-amz-json-1.0\nhost:"...)
	c = append(c, s.host...)
	c = append(c, "\nx-amz-date:"...)
	c = append(c, stamp...)
	c = append(c, "\nx-amz-target:AmazonSQS."...)
	c = append(c, action...)
	c = append(c, "\nx-amzn-query-mode:true\n\n"+signedHeaders+"\n"...)
	payload := sha256.Sum256(body)
	c = hex.AppendEncode(c, payload[:])
	sum := sha256.Sum256(c)
	c = append(room[:0], "AWS4-HMAC-SHA256\n"...)
	c = append(append(c, stamp...), '\n')
	c = append(append(c, s.scope...), '\n')
	return mac(s.key[:], hex.AppendEncode(c, sum[:]))
}
