package payload_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// python runs the extended client for Python beside a site.
type python struct {
	*site
	language *rig.Language
	program  string
}

// startPython skips the test where there is no Python.
func startPython(t *testing.T, x *site) *python {
	t.Helper()
	l, at := rig.Programs(t, func() (*rig.Language, error) {
		return rig.Python(t.Context(), os.DirFS("../sqs/python")) // one environment is enough for both
	}, os.DirFS("python"))
	return &python{x, l, filepath.Join(at, "extended.py")}
}

func (p *python) run(args ...string) []byte {
	p.t.Helper()
	cmd := p.language.Command(p.within(), p.program, args...)
	cmd.Env = append(cmd.Env, "AWS_ACCESS_KEY_ID=PYTHON", "AWS_SECRET_ACCESS_KEY=secret",
		"AWS_ENDPOINT_URL_SQS=http://"+p.house.Addrs().SQS, "AWS_ENDPOINT_URL_S3="+p.s3.URL)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		p.t.Fatalf("%v: %v\n%s", args, err, said.String())
	}
	return out
}

// What the library for Python sends, in its new words and its old ones, reaches STOMP and
// NATS consumers; what NATS has sent reaches the library, which deletes it with its own handle.
func TestExtendedClientForPython(t *testing.T) {
	x := open(t, nil)
	p := startPython(t, x)
	want := bytes.Repeat([]byte("x"), 300_000)
	_, s := x.subscribe(queue)
	for _, words := range []string{"new", "legacy"} {
		p.run("send", *x.url, "payloads", words, "300000")
		m := x.nextOf(s)
		if !bytes.Equal(m.Body, want) || m.Header.Get("colour") != "red" || m.Header.Get("sluice-payload") != "" {
			t.Errorf("%s words: %d bytes, %v", words, len(m.Body), m.Header)
		}
		url := x.makeQueue(words, nil)
		p.run("send", *url, "payloads", words, "300000")
		if m := x.next(x.consumer(words)); !bytes.Equal(m.Data(), want) {
			t.Errorf("%s words: %d bytes", words, len(m.Data()))
		}
	}
	p.takesWhatNATSSends()
}

func (p *python) takesWhatNATSSends() {
	p.t.Helper()
	url := p.makeQueue("back", nil)
	large := bytes.Repeat([]byte{0, 1, 0xFF}, 300<<10)
	if _, err := p.js.Publish(p.within(), "back", large); err != nil {
		p.t.Fatal(err)
	}
	var got struct {
		Length     int
		SHA256     string
		Attributes map[string]string
	}
	if err := json.Unmarshal(p.run("take", *url, "payloads", "new"), &got); err != nil {
		p.t.Fatal(err)
	}
	body := base64.StdEncoding.EncodeToString(large)
	sum := sha256.Sum256([]byte(body))
	if got.Length != len(body) || got.SHA256 != hex.EncodeToString(sum[:]) || got.Attributes["JMS_SQSMessageType"] != "byte" || got.Attributes[size] != "" {
		p.t.Errorf("%+v", got)
	}
	if n := p.messages(url); n != "0 0" {
		p.t.Errorf("%s messages left", n)
	}
}
