package admin

import "time"

const (
	// maxHeaderBytes and the timeouts bound what one client can hold.
	maxHeaderBytes = 16 << 10
	headerTimeout  = 5 * time.Second
	requestTimeout = 30 * time.Second
	idleTimeout    = time.Minute
	// turnTimeout bounds the waiting for a turn to be told the metrics. It is below Prometheus's own default of 10 s.
	turnTimeout = 5 * time.Second
	// answerTimeout bounds the writing of metrics once they are there.
	answerTimeout = 5 * time.Second
	// loginTimeout bounds how long a password waits for others to be checked.
	loginTimeout = 5 * time.Second

	// maxBody bounds the body of a request, defaultMessages and maxMessages what one answer
	// shows of a queue, and maxShownBody what of each message's body, in bytes.
	maxBody         = 64 << 10
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
