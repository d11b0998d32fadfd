package rig

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func TestS3(t *testing.T) {
	server, err := StartS3("payloads")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	client := s3.New(s3.Options{
		BaseEndpoint: &server.URL, UsePathStyle: true, Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("who", "secret", ""),
	})
	if server.Signed("who") {
		t.Error("signed before anybody asked")
	}
	_, err = client.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("payloads"), Key: aws.String("a/b"), Body: strings.NewReader("body"),
	})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := server.Objects("payloads")
	if err != nil || !slices.Equal(keys, []string{"a/b"}) || !server.Signed("who") {
		t.Errorf("objects %q, signed %v: %v", keys, server.Signed("who"), err)
	}
	if _, err := server.Objects("other"); err == nil {
		t.Error("no error about a bucket that is not there")
	}
}
