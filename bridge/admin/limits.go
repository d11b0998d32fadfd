package admin

import "time"

// Limits bound what clients of the listener may ask. Zero fields are the defaults.
type Limits struct {
	HeaderBytes int // of a request's header (16 KiB)
	BodyBytes   int // of its body (64 KiB)
	// HeaderTimeout is for reading a header (5 s), RequestTimeout for a request, and again for its answer (30 s), and LoginTimeout
	// is how long a password may wait to be checked (5 s).
	HeaderTimeout, RequestTimeout, LoginTimeout time.Duration
}

func (l Limits) withDefaults() Limits {
	orDefault(&l.HeaderBytes, 16<<10)
	orDefault(&l.BodyBytes, 64<<10)
	orDefault(&l.HeaderTimeout, 5*time.Second)
	orDefault(&l.RequestTimeout, 30*time.Second)
	orDefault(&l.LoginTimeout, 5*time.Second)
	return l
}

func orDefault[T int | time.Duration](p *T, d T) {
	if *p == 0 {
		*p = d
	}
}

// What the operator calls the limits that are counted here.
const (
	settingBody           = "admin_max_body"
	settingHeaderTimeout  = "admin_header_timeout"
	settingRequestTimeout = "admin_request_timeout"
	settingLoginTimeout   = "admin_login_timeout"
)

const (
	// idleTimeout bounds how long a connection may lie idle.
	idleTimeout = time.Minute
	// turnTimeout bounds the waiting for a turn to be told the metrics. It is below Prometheus's own default of 10 s.
	turnTimeout = 5 * time.Second
	// answerTimeout bounds the writing of metrics once they are there.
	answerTimeout = 5 * time.Second

	// defaultMessages and maxMessages bound what one answer
	// shows of a queue, and maxShownBody what of each message's body, in bytes.
	defaultMessages = 20
	maxMessages     = 100
	maxShownBody    = 4 << 10

	// maxScrapes bounds the scrapes under way; further ones wait.
	maxScrapes = 4
	// scrapeTimeout bounds the reading of queues for one scrape. It is below
	// Prometheus's own default of 10 s, so that the totals still arrive.
	scrapeTimeout = 5 * time.Second
	// readersPerScrape is how many queues are asked for at the same time: the core
	// answers when its batch is written, and this many share one batch.
	readersPerScrape = 64
)
