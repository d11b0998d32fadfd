package sqs_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/sluicemq/sluice/bridge/auth"
	"github.com/sluicemq/sluice/protocols/sqs"
)

// clientWith is an SDK client with these credentials, and the SDK's own retries.
func (h *house) clientWith(key, secret string, options ...func(*awssqs.Options)) *awssqs.Client {
	return awssqs.New(awssqs.Options{
		Region:       "eu-west-3",
		BaseEndpoint: aws.String("http://sqs.test"),
		Credentials:  credentials.NewStaticCredentialsProvider(key, secret, "SESSION"),
		HTTPClient:   h.web,
	}, options...)
}

// list asks for the queues and returns the code of the refusal, "" for none.
func list(t *testing.T, c *awssqs.Client) string {
	t.Helper()
	if _, err := c.ListQueues(t.Context(), &awssqs.ListQueuesInput{}); err != nil {
		return code(err)
	}
	return ""
}

// The SDK's client is let in with the right secret and told what is wrong otherwise.
func TestSDKCredentials(t *testing.T) {
	h := start(t, sqs.Options{Auth: oneKey(t)})
	anonymous := func(o *awssqs.Options) { o.Credentials = aws.AnonymousCredentials{} }
	for _, c := range []struct {
		name, want string
		client     *awssqs.Client
	}{
		{"right", "", h.clientWith("AKID", "SECRET")},
		{"wrong secret", "SignatureDoesNotMatch", h.clientWith("AKID", "OTHER")},
		{"unknown key", "InvalidClientTokenId", h.clientWith("NOBODY", "SECRET")},
		{"unsigned", "MissingAuthenticationToken", h.clientWith("", "", anonymous)},
	} {
		if got := list(t, c.client); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// counter counts the requests of a client, and the codes that answer them.
type counter struct {
	web *http.Client
	mu  sync.Mutex
	got []string
}

func (c *counter) Do(r *http.Request) (*http.Response, error) {
	res, err := c.web.Do(r)
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.got = append(c.got, strings.TrimSuffix(res.Header.Get("X-Amzn-Query-Error"), ";Sender"))
	}
	return res, err
}

// A client whose clock is off by an hour is refused, learns the time from the Date of the
// refusal, and is let in: at its second request, and then at each first one.
func TestSDKCorrectsItsClock(t *testing.T) {
	for name, off := range map[string]time.Duration{"slow": time.Hour, "fast": -time.Hour} {
		h := start(t, sqs.Options{Auth: oneKey(t), Now: func() time.Time { return time.Now().Add(off) }})
		seen := &counter{web: h.web}
		c := h.clientWith("AKID", "SECRET", func(o *awssqs.Options) { o.HTTPClient = seen })
		for range 3 {
			if got := list(t, c); got != "" {
				t.Errorf("%s: %s", name, got)
			}
		}
		if want := []string{"SignatureDoesNotMatch", "", "", ""}; !slices.Equal(seen.got, want) {
			t.Errorf("%s: got %q, want %q", name, seen.got, want)
		}
		// Without a second try it stays refused.
		once := h.clientWith("AKID", "SECRET", func(o *awssqs.Options) { o.RetryMaxAttempts = 1 })
		if got := list(t, once); got != "SignatureDoesNotMatch" {
			t.Errorf("%s, one attempt: %q", name, got)
		}
	}
}

// A secret is replaced under a running gateway, and of two keys of a user one goes
// while the other stays.
func TestSDKRotation(t *testing.T) {
	var mu sync.Mutex
	now := time.Now()
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	dir := t.TempDir()
	key := func(id, secret string) auth.Key {
		path := filepath.Join(dir, id)
		if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := auth.FileSecret(path, auth.SecretOptions{Log: quiet(), Now: clock})
		if err != nil {
			t.Fatal(err)
		}
		return auth.Key{ID: id, User: "anna", Secret: s}
	}
	h := start(t, sqs.Options{Auth: auth.New([]auth.Key{key("K1", "OLD"), key("K2", "TWO")})})
	old, next, second := h.clientWith("K1", "OLD"), h.clientWith("K1", "NEW"), h.clientWith("K2", "TWO")
	want := func(when, a, b, c string) {
		t.Helper()
		for i, code := range []string{a, b, c} {
			if got := list(t, []*awssqs.Client{old, next, second}[i]); got != code {
				t.Errorf("%s: client %d: %q", when, i, got)
			}
		}
	}
	pass := func() {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Second)
	}
	const wrong, unknown = "SignatureDoesNotMatch", "InvalidClientTokenId"
	want("at first", "", wrong, "")
	key("K1", "NEW") // writes the file
	pass()
	want("replaced", wrong, "", "")
	if err := os.Remove(filepath.Join(dir, "K1")); err != nil {
		t.Fatal(err)
	}
	pass()
	want("removed", unknown, unknown, "")
}

// Behind a proxy that puts its own host into requests, the public host counts too.
func TestPublicHost(t *testing.T) {
	for public, ok := range map[string]bool{"": false, "https://sqs.test": true, "http://sqs.test:80": true, "https://other.test": false} {
		h := start(t, sqs.Options{Auth: oneKey(t), PublicURL: public})
		r := akid().sign(t, jsonRequest(t, "ListQueues", "{}"))
		r.Host = "10.0.0.7:9324"
		r.Header.Set("X-Forwarded-Host", "sqs.test") // which anybody can write
		if res, body := h.do(r); (res.StatusCode == 200) != ok {
			t.Errorf("%q: %s %s", public, res.Status, body)
		}
		r = akid().sign(t, jsonRequest(t, "ListQueues", "{}"))
		if res, body := h.do(r); res.StatusCode != 200 {
			t.Errorf("%q, its own host: %s %s", public, res.Status, body)
		}
	}
}

func TestCheckRegion(t *testing.T) {
	for region, ok := range map[string]bool{"eu-west-3": true, "us-east-1": false} {
		h := start(t, sqs.Options{Auth: oneKey(t), Region: region, CheckRegion: true})
		res, body := h.signed("ListQueues", "{}")
		if (res.StatusCode == 200) != ok || !ok && !strings.Contains(body, "Credential should be scoped to a valid region.") {
			t.Errorf("%s: %s %s", region, res.Status, body)
		}
	}
}

// A key that has a session token is good with that alone, wherever the signature stands.
func TestSessionToken(t *testing.T) {
	h := start(t, sqs.Options{Auth: auth.New([]auth.Key{
		{ID: "AKID", User: "anna", Secret: secretOf(t, "SECRET"), Token: secretOf(t, "SESSION")},
	})})
	for token, want := range map[string]string{"SESSION": "<ListQueuesResult", "": "InvalidClientTokenId", "SESSIONS": "InvalidClientTokenId"} {
		s := akid()
		s.token = token
		request := func() *http.Request { return queryRequest(t, "GET", "/", "Action=ListQueues") }
		for _, r := range []*http.Request{s.sign(t, request()), s.presign(t, request())} {
			if res, body := h.do(r); !strings.Contains(body, want) {
				t.Errorf("token %q: %s %s", token, res.Status, body)
			}
		}
	}
}

// A presigned address is good for as long as it says, up to seven days.
func TestPresigned(t *testing.T) {
	var mu sync.Mutex
	now := time.Now()
	h := start(t, sqs.Options{Auth: oneKey(t), Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}})
	h.signed("CreateQueue", `{"QueueName":"q"}`)
	for _, c := range []struct {
		expires string
		age     time.Duration
		want    string
	}{
		{"", 0, ""},
		{"", 15 * time.Minute, ""},
		{"", 15*time.Minute + 2*time.Second, "15 min.)"},
		{"90", 90 * time.Second, ""},
		{"90", 92 * time.Second, "90 sec.)"},
		{"604800", 7 * 24 * time.Hour, ""},
		{"604800", 7*24*time.Hour + 2*time.Second, "10080 min.)"},
		{"604801", 0, "X-Amz-Expires must be"},
		{"90", -20 * time.Minute, "Signature not yet current"},
	} {
		form := "Action=SendMessage&MessageBody=x%2By"
		if c.expires != "" {
			form += "&X-Amz-Expires=" + c.expires
		}
		s := akid()
		s.at = s.at.Truncate(time.Second)
		mu.Lock()
		now = s.at.Add(c.age)
		mu.Unlock()
		get := s.presign(t, queryRequest(t, "GET", "/000000000000/q", form))
		post := queryRequest(t, "POST", "/000000000000/q", "MessageBody=x%2By")
		post.URL.RawQuery = strings.Replace(form, "&MessageBody=x%2By", "", 1)
		for _, r := range []*http.Request{get, s.presign(t, post)} {
			res, body := h.do(r)
			if c.want == "" && !strings.Contains(body, "<MD5OfMessageBody>") || !strings.Contains(body, c.want) {
				t.Errorf("%s %q after %v: %s %s", r.Method, c.expires, c.age, res.Status, body)
			}
		}
	}
}
