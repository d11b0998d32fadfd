package natscli_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/interop/rig"
)

// The nats command does with a house what it does with a nats-server.
func TestNATSCLI(t *testing.T) {
	if testing.Short() {
		t.Skip("the nats command is left out of short runs")
	}
	program, err := rig.NATSCLI(t.Context())
	leaveOut(t, err)
	t.Run("sluice", func(t *testing.T) {
		addr := openHouse(t)
		judge(t, program, addr)
		t.Run("refused", func(t *testing.T) { refused(newCLI(t, program, addr)) })
	})
	t.Run("nats-server", func(t *testing.T) {
		s, err := rig.StartNATSServer(t.Context(), t.TempDir())
		leaveOut(t, err)
		t.Cleanup(func() {
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
		})
		judge(t, program, s.Addr)
	})
}

func leaveOut(t *testing.T, err error) {
	t.Helper()
	if rig.MayBeLeftOut(err) {
		t.Skipf("left out: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// judge runs every part against a server.
func judge(t *testing.T, program, addr string) {
	for _, part := range []struct {
		name string
		run  func(*cli)
	}{
		{"streams", streams}, {"messages", messages}, {"consumers", consumers}, {"push", push}, {"subscriptions", subscriptions},
		{"requests", requests}, {"benchmarks", benchmarks}, {"checks", checks}, {"account", account},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.run(newCLI(t, program, addr)) }) {
			t.Fatal("what is left would disturb what follows")
		}
	}
}

func streams(c *cli) {
	c.tells("stream add orders --subjects orders.* --retention work --defaults --json",
		map[string]any{"config/name": "orders", "config/retention": "workqueue", "config/max_msgs": -1, "config/storage": "file", "config/duplicate_window": 120000000000})
	c.fails("stream add other --subjects orders.new --retention work --defaults", "10065")
	c.tells("stream ls --json", map[string]any{"": []string{"orders"}})
	c.does("stream ls", "orders")
	c.does("pub orders.new one -J", "Stored in Stream: orders Sequence: 1")
	c.does("pub orders.old two -J", "Sequence: 2")
	c.tells("stream info orders --json", map[string]any{"state/messages": 2, "state/first_seq": 1, "state/last_seq": 2, "state/consumer_count": 0})
	c.does("stream info orders", "WorkQueue", "orders.*")
	c.tells("stream state orders --json", map[string]any{"state/messages": 2})
	c.tells("stream subjects orders --json", map[string]any{"": map[string]int{"orders.new": 1, "orders.old": 1}})
	c.does("stream report", "orders")
	c.does("stream find --subject orders.new", "orders")
	c.tells("stream edit orders --max-age 1h --description what␣for -f --json",
		map[string]any{"config/max_age": 3600000000000, "config/description": "what for"})
	c.tells("stream copy orders copy --subjects other.* --json", map[string]any{"config/name": "copy", "config/retention": "workqueue"})
	c.does("stream rm copy -f")
	c.tells("stream purge orders --subject orders.old -f --json", map[string]any{"state/messages": 1})
	c.does("pub orders.new three -J", "Sequence: 3")
	c.tells("stream purge orders --keep 1 -f --json", map[string]any{"state/messages": 1, "state/first_seq": 3})
	c.tells("stream purge orders -f --json", map[string]any{"state/messages": 0, "state/last_seq": 3})
	c.does("stream rm orders -f")
	c.fails("stream info orders --json", "could not pick a Stream")
}

func messages(c *cli) {
	c.does("stream add orders --subjects orders.* --retention work --defaults")
	c.does("pub orders.new hello -J -H Color:blue", `Published 5 bytes to "orders.new"`)
	c.does("pub orders.new plain␣{{Count}} --count 2", "Published 7 bytes")
	c.does("pub orders.old last -J --header Nats-Msg-Id:a", "Sequence: 4")
	c.does("pub orders.old last -J --header Nats-Msg-Id:a", "Duplicate: true")
	c.fails("pub nowhere x -J", "no responders")
	c.tells("stream get orders 1 --json", map[string]any{"subject": "orders.new", "seq": 1, "data": "aGVsbG8=", "hdrs": "TkFUUy8xLjANCkNvbG9yOiBibHVlDQoNCg=="})
	c.tells("stream get orders 3 --json", map[string]any{"data": "cGxhaW4gMg=="})
	c.tells("stream get orders -S orders.old --json", map[string]any{"seq": 4, "subject": "orders.old"})
	c.fails("stream get orders 9 --json", "no message found")
	c.does("stream rmm orders 2 -f")
	c.fails("stream get orders 2", "no message found")
	c.does("stream rm orders -f")
}

func consumers(c *cli) {
	c.does("stream add orders --subjects orders.* --retention work --defaults")
	c.does("consumer add orders work --pull --ack explicit --wait 20s --max-deliver 5 --defaults", "work", "Explicit")
	c.fails("consumer add orders more --pull --defaults", "10099")
	c.tells("consumer ls orders --json", map[string]any{"": []string{"work"}})
	c.tells("consumer info orders work --json", map[string]any{
		"config/durable_name": "work", "config/ack_wait": 20000000000, "config/max_deliver": 5, "config/max_ack_pending": 1000, "num_pending": 0})
	c.does("pub orders.new number␣{{Count}} --count 4 -J")
	c.becomes("consumer info orders work --json", map[string]any{"num_pending": 4})
	c.does("consumer next orders work", "number 1", "tries: 1", "pending: 3", "Acknowledged message")
	if says := c.does("consumer next orders work --count 2 --raw"); strings.TrimSpace(says) != "number 2\nnumber 3" {
		c.t.Errorf("got %q", says)
	}
	c.does("consumer next orders work --no-ack --raw", "number 4")
	c.becomes("consumer info orders work --json", map[string]any{"delivered/stream_seq": 4, "ack_floor/stream_seq": 3, "num_ack_pending": 1, "num_pending": 0})
	c.tells("consumer state orders work --json", map[string]any{"num_ack_pending": 1})
	c.does("consumer report orders", "work", "Explicit")
	c.does("consumer find orders --pull", "work")
	c.does("consumer edit orders work --description what␣for -f", "what for")
	c.does("consumer pause orders work 1h -f", "Paused")
	c.tells("consumer info orders work --json", map[string]any{"paused": true, "config/description": "what for"})
	c.does("consumer resume orders work -f", "resumed")
	c.tells("consumer info orders work --json", map[string]any{"paused": nil})
	c.does("consumer rm orders work -f")
	c.fails("consumer rm orders work -f", "consumer not found")
	c.does("consumer add orders some --pull --filter orders.new --defaults", "orders.new")
	c.does("consumer add orders rest --pull --filter orders.old --defaults", "orders.old")
	c.fails("consumer add orders third --pull --filter orders.old --defaults", "10100")
	c.does("stream rm orders -f")
}

func push(c *cli) {
	c.does("stream add orders --subjects orders.* --retention work --defaults")
	c.does("consumer add orders pushy --target to.pushy --ack explicit --heartbeat 1s --flow-control --defaults", "to.pushy")
	c.tells("consumer info orders pushy --json", map[string]any{"config/deliver_subject": "to.pushy", "config/flow_control": true, "config/idle_heartbeat": 1000000000, "push_bound": nil})
	c.does("pub orders.new pushed -J")
	if says, _ := c.until(0, "sub to.pushy --count 1 --raw", "consumer ls orders"); strings.TrimSpace(says) != "pushed" {
		c.t.Errorf("got %q", says)
	}
	c.does("stream rm orders -f")
}

func subscriptions(c *cli) {
	if says, _ := c.until(0, "sub news.* --count 1 --raw", "pub news.today core␣message"); strings.TrimSpace(says) != "core message" {
		c.t.Errorf("got %q", says)
	}
	if says, _ := c.until(0, "sub news.> --queue readers --count 2", "pub news.today queued -H Color:blue"); !strings.Contains(says, "Color: blue") {
		c.t.Errorf("got %q", says)
	}
	c.does("stream add orders --subjects orders.* --retention work --defaults")
	c.does("consumer add orders work --pull --defaults")
	c.does("pub orders.new kept -J")
	c.does("sub --stream orders --durable work --count 1 --ack", "kept", "orders.new")
	c.tells("stream info orders --json", map[string]any{"state/consumer_count": 1})
	c.does("stream rm orders -f")
}

func requests(c *cli) {
	c.does("req nobody x", "No responders are available")
	// With --count it ends with an exit code of 1 when all is done.
	if _, heard := c.until(1, "reply echo --echo --count 2", "req echo hello --raw"); !strings.Contains(heard, "hello") {
		c.t.Errorf("got %q", heard)
	}
	if _, heard := c.until(1, "reply answer the␣answer -H Color:blue --count 1", "req answer x"); !strings.Contains(heard, "the answer") || !strings.Contains(heard, "Color: blue") {
		c.t.Errorf("got %q", heard)
	}
}

func benchmarks(c *cli) {
	c.does("bench pub bench.core --msgs 100 --no-progress", "msgs/sec")
	c.does("stream add benchstream --subjects js.bench --retention work --defaults")
	c.does("bench js pub sync js.bench --msgs 50 --no-progress", "synchronous publisher stats")
	c.does("bench js pub async js.bench --msgs 350 --batch 100 --no-progress", "asynchronous publisher stats")
	c.tells("stream info benchstream --json", map[string]any{"state/messages": 400})
	c.does("consumer add benchstream bench --pull --ack explicit --defaults")
	c.does("bench js consume --msgs 200 --batch 50 --no-progress --consumer bench", "(callback) stats")
	c.does("bench js fetch --msgs 200 --batch 50 --no-progress --consumer bench", "(fetch) stats")
	c.does("stream rm benchstream -f")
}

func checks(c *cli) {
	c.does("stream add orders --subjects orders.* --retention work --defaults")
	c.does("consumer add orders work --pull --defaults")
	c.does("pub orders.new body -J")
	c.tells("server check connection --format json --connect-warn 30s --connect-critical 60s --rtt-warn 30s --rtt-critical 60s --req-warn 30s --req-critical 60s", map[string]any{"status": "OK"})
	c.tells("server check jetstream --format json", map[string]any{"status": "OK"})
	c.tells("server check stream --stream orders --format json", map[string]any{"status": "OK"})
	c.tells("server check consumer --stream orders --consumer work --format json --unprocessed-critical 100", map[string]any{"status": "OK"})
	c.jsonOf(c.expect(2, "server check consumer --stream orders --consumer none --format json"), "check consumer", map[string]any{"status": "CRITICAL"})
	c.tells("server check message --stream orders --subject orders.new --content body --format json", map[string]any{"status": "OK"})
	c.jsonOf(c.expect(2, "server check message --stream orders --subject orders.none --format json"), "check message", map[string]any{"status": "CRITICAL"})
	c.jsonOf(c.expect(2, "server check request --subject nobody --format json"), "check request", map[string]any{"status": "CRITICAL"})
	c.does("stream rm orders -f")
}

func account(c *cli) {
	c.does("rtt 2 --json", `"rtt"`)
	c.does("account info", "Maximum Payload: 1.0 MiB", "JetStream Account Information")
	c.does("stream add a --retention work --subjects a --defaults")
	c.does("account info", "Streams: 1")
	c.does("stream rm a -f")
	c.fails("account tls", "connection is not tls")
}

// refused is what a house refuses and nats-server does: no queue can do it, or it is not of an account.
func refused(c *cli) {
	c.fails("stream add logs --retention limits --subjects logs --defaults", "use workqueue or interest", "10052")
	c.fails("kv add bucket", "use workqueue or interest")
	c.fails("bench js pub sync js.bench --create --msgs 10 --no-progress", "minimum api level", "10185")
	c.does("stream add orders --retention work --subjects orders.* --defaults")
	c.does("consumer add orders work --pull --defaults")
	c.fails("consumer reset orders work -f", "keeps no position", "10204")
	c.does("stream rm orders -f")
	c.fails("account report connections", "system privileges")
	c.fails("server list", "system privileges")
	c.fails("server info", "system privileges")
}

// openHouse opens a house in this process, where the race detector sees it, and returns its NATS address.
func openHouse(t *testing.T) string {
	t.Helper()
	cfg := config.Default()
	cfg.DataDir = t.TempDir()
	cfg.STOMPAddr, cfg.NATSAddr, cfg.SQSAddr, cfg.AdminAddr = "", "127.0.0.1:0", "", ""
	log := &rig.Log{}
	h, err := bridge.Open(t.Context(), cfg, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := h.Close(ctx); err != nil {
			t.Errorf("closing the house: %v", err)
		}
		if t.Failed() {
			t.Logf("the house said:\n%s", log)
		}
	})
	return h.Addrs().NATS
}
