package sqs_test

import (
	"testing"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// The extended client for Python keeps large bodies in S3, as it does beside Amazon's queues.
func TestExtendedClient(t *testing.T) {
	p := python(t, "requirements.txt")
	t.Parallel()
	s := openSite(t)
	s3, err := rig.StartS3("payloads")
	if err != nil {
		t.Fatal(err)
	}
	defer s3.Close()
	cmd := p.command(t, s, "extended_judge.py")
	cmd.Env = append(cmd.Env, "AWS_ENDPOINT_URL_S3="+s3.URL)
	rig.Judge(t, cmd)
	if !s3.Signed(keyID) {
		t.Error("no body was kept in S3")
	}
	s.wants(t, jsonForm, "SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch",
		"ChangeMessageVisibility", "ChangeMessageVisibilityBatch")
}
