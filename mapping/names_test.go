package mapping_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

// queueName draws names that provoke the escapes.
func queueName() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`[A-Za-z0-9_-]{1,20}(\.fifo)?`),
		rapid.StringMatching(`(_|x|_x|5F|2E|2e|_x5F|_x2E|x2E|_x41|\.|/|\.fifo|a|é| |\*|>|\\){1,8}`),
		rapid.StringN(1, 20, -1),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 1, 10), func(b []byte) string { return string(b) }),
	).Filter(func(s string) bool { return s != "" })
}

type naming struct {
	name           string
	encode         func(string) string
	decode         func(string) (string, error)
	legal, plainly *regexp.Regexp
}

func namings() []naming {
	return []naming{
		{"SQS", mapping.SQS{}.QueueName, mapping.SQS{}.Queue,
			regexp.MustCompile(`^[A-Za-z0-9_-]+(\.fifo)?$`), regexp.MustCompile(`^[A-Za-z0-9-]+(\.fifo)?$`)},
		{"NATS", mapping.NATS{}.Stream, mapping.NATS{}.Queue,
			regexp.MustCompile(`^[^\x00-\x20.*>/\\\x7f]+$`), regexp.MustCompile(`^[A-Za-z0-9:;,=é-]+$`)},
	}
}

func TestNamesThereAndBack(t *testing.T) {
	for _, x := range namings() {
		t.Run(x.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				name := queueName().Draw(t, "name")
				spelled := x.encode(name)
				if !x.legal.MatchString(spelled) {
					t.Fatalf("%q is spelled %q, which is illegal", name, spelled)
				}
				if x.plainly.MatchString(name) && spelled != name {
					t.Fatalf("plain name %q is spelled %q", name, spelled)
				}
				if back, err := x.decode(spelled); err != nil || back != name {
					t.Fatalf("%q is spelled %q, which reads %q, %v", name, spelled, back, err)
				}
			})
		})
	}
}

func TestSpellingsThereAndBack(t *testing.T) {
	for _, x := range namings() {
		t.Run(x.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				spelled := queueName().Draw(t, "spelled")
				name, err := x.decode(spelled)
				if err == nil && x.encode(name) != spelled {
					t.Fatalf("%q reads %q, which is spelled %q", spelled, name, x.encode(name))
				}
				if err != nil && !errors.Is(err, queuecore.ErrInvalid) {
					t.Fatalf("%q: %v is not ErrInvalid", spelled, err)
				}
			})
		})
	}
}

func TestNameSpellings(t *testing.T) {
	sqs, nats := mapping.SQS{}, mapping.NATS{}
	for _, x := range []struct{ name, sqs, nats string }{
		{"orders", "orders", "orders"},
		{"orders_eu-1", "orders_eu-1", "orders_eu-1"},
		{"orders.fifo", "orders.fifo", "orders_x2Efifo"},
		{"orders.eu", "orders_x2Eeu", "orders_x2Eeu"},
		{"orders.eu.fifo", "orders_x2Eeu.fifo", "orders_x2Eeu_x2Efifo"},
		{"orders_x2Eeu", "orders_x5Fx2Eeu", "orders_x5Fx2Eeu"},
		{"orders_x2eeu", "orders_x2eeu", "orders_x2eeu"}, // lower case is no escape
		{"orders_x41", "orders_x41", "orders_x41"},       // nor is a letter's
		{"a_DOT_b", "a_DOT_b", "a_DOT_b"},
		{"größe", "gr_xC3_xB6_xC3_x9Fe", "größe"},
		{"a b", "a_x20b", "a_x20b"},
		{".fifo", "_x2Efifo", "_x2Efifo"},
		{"temp-queue/7", "temp-queue_x2F7", "temp-queue_x2F7"},
	} {
		if got := sqs.QueueName(x.name); got != x.sqs {
			t.Errorf("SQS name of %q is %q, want %q", x.name, got, x.sqs)
		}
		if got := nats.Stream(x.name); got != x.nats {
			t.Errorf("stream of %q is %q, want %q", x.name, got, x.nats)
		}
	}
}

func TestNamesRefused(t *testing.T) {
	for _, name := range []string{"", "a.b", "a b", "a_x2Efifo", ".fifo", "a/b"} {
		if q, err := (mapping.SQS{}).Queue(name); !errors.Is(err, queuecore.ErrInvalid) {
			t.Errorf("SQS name %q reads %q, %v", name, q, err)
		}
	}
	for _, name := range []string{"", "a.b", "a b", "*", ">", "a_xC3_xB6"} {
		if q, err := (mapping.NATS{}).Queue(name); !errors.Is(err, queuecore.ErrInvalid) {
			t.Errorf("stream %q reads %q, %v", name, q, err)
		}
	}
}

func TestSTOMPDestinations(t *testing.T) {
	d := mapping.STOMP{}
	for _, x := range []struct {
		text string
		want queuecore.Destination
		name string
	}{
		{"/queue/orders", queuecore.QueueNamed("orders"), "/queue/orders"},
		{"orders", queuecore.QueueNamed("orders"), "/queue/orders"},
		{"/queue/a/b.c", queuecore.QueueNamed("a/b.c"), "/queue/a/b.c"},
		{"/topic/a.b", queuecore.TopicNamed("a.b"), "/topic/a.b"},
		{"/topic/a.*.>", queuecore.TopicNamed("a.*.>"), "/topic/a.*.>"},
		{"/topic/a/b", queuecore.TopicNamed("a/b"), "/topic/a/b"},
		{"/temp-queue/r1", queuecore.QueueNamed(mapping.TempQueuePrefix + "r1"), "/temp-queue/r1"},
	} {
		got, err := d.Destination(x.text)
		if err != nil || got != x.want || d.Name(got) != x.name {
			t.Errorf("%q reads %v, %v, and is named %q", x.text, got, err, d.Name(got))
		}
	}
	for _, text := range []string{"", "/", "/queue/", "/topic/", "/temp-queue/", "/temp-topic/x", "/exchange/x/y", "/dsub/x"} {
		if got, err := d.Destination(text); !errors.Is(err, queuecore.ErrInvalid) {
			t.Errorf("%q reads %v, %v", text, got, err)
		}
	}
	if got := d.Name(queuecore.Destination{}); got != "" {
		t.Errorf("no destination is named %q", got)
	}
}

func TestSTOMPDestinationThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := destination().Filter(func(d queuecore.Destination) bool { return !d.IsZero() }).Draw(t, "destination")
		got, err := mapping.STOMP{}.Destination(mapping.STOMP{}.Name(want))
		if err != nil || got != want {
			t.Fatalf("%v became %v, %v", want, got, err)
		}
	})
}

func TestSubjects(t *testing.T) {
	for _, x := range []struct {
		to   queuecore.Destination
		want string
	}{
		{queuecore.QueueNamed("orders"), "the_x2Equeue"},
		{queuecore.Destination{}, "the_x2Equeue"},
		{queuecore.TopicNamed("a.b"), "a.b"},
		{queuecore.TopicNamed("a/b"), "a/b"},
		{queuecore.TopicNamed("a_x2Eb"), "a_x2Eb"},
		{queuecore.TopicNamed("größe"), "größe"},
		{queuecore.TopicNamed("a b.c"), "a_x20b.c"},
		{queuecore.TopicNamed("a..b"), "a_x2E_x2Eb"},
		{queuecore.TopicNamed("a."), "a_x2E"},
		{queuecore.TopicNamed("a.*"), "a._x2A"},
		{queuecore.TopicNamed("a\r\nPUB x 0"), "a_x0D_x0APUB_x20x_x200"},
	} {
		got := mapping.NATS{}.Subject(&queuecore.Delivery{Message: &queuecore.Message{Destination: x.to}, Queue: "the.queue"})
		if got != x.want {
			t.Errorf("subject of %v is %q, want %q", x.to, got, x.want)
		}
	}
}

// TestSubjectsAreSafe: no topic's name can break out of a protocol line or pass for a pattern.
func TestSubjectsAreSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		topic := queueName().Draw(t, "topic")
		got := mapping.NATS{}.Subject(&queuecore.Delivery{Message: &queuecore.Message{Destination: queuecore.TopicNamed(topic)}})
		for token := range strings.SplitSeq(got, ".") {
			if token == "" || strings.ContainsAny(token, " \t\r\n\x00*>") {
				t.Fatalf("topic %q became subject %q", topic, got)
			}
		}
	})
}
