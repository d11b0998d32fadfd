package sqs

import (
	"net/url"
	"strings"

	"github.com/sluicemq/sluice/protocols"
	"github.com/sluicemq/sluice/protocols/sqs/wire"
	"github.com/sluicemq/sluice/queuecore"
)

const fifoSuffix = ".fifo"

// isFIFO reports whether SQS clients see q as a FIFO queue.
// CreateQueue, "QueueName": the name of a FIFO queue ends in .fifo.
func isFIFO(q *queuecore.QueueInfo) bool {
	return q.Config.GroupOrder && strings.HasSuffix(q.Name, fifoSuffix)
}

// queueURL returns the address of a queue as this client can reach it.
func (c *call) queueURL(queue string) string {
	return c.urlOf(c.names.QueueName(queue))
}

// urlOf is queueURL by the queue's name in SQS.
func (c *call) urlOf(name string) string {
	return c.baseURL() + "/" + c.Account + "/" + name
}

// hostOf returns the host of a URL as clients call it in a Host header, without the
// port that goes without saying.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	usual := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	return strings.TrimSuffix(u.Host, usual)
}

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// queueOfPath returns the name of the queue that a path stands for: its last
// part, when there are at least two. Paths are /ACCOUNT/NAME, and with some
// servers /queue/REGION/ACCOUNT/NAME.
func queueOfPath(path string) string {
	path = strings.Trim(path, "/")
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return ""
	}
	return path[i+1:]
}

// nameOfURL returns the name in a queue URL. Only its last part counts, so that
// a client may reach the server under any host; the bare name will do.
func nameOfURL(url string) string {
	url = strings.TrimRight(url, "/")
	return url[strings.LastIndexByte(url, '/')+1:]
}

// open finds the queue that a request is about, and asks whether the client may
// do any of the actions to it.
func (c *call) open(t *wire.Target, actions ...protocols.Action) (queuecore.QueueInfo, error) {
	if t.QueueURL == "" {
		return queuecore.QueueInfo{}, missing("QueueUrl")
	}
	return c.find(nameOfURL(t.QueueURL), c.asked(actions...))
}

// find is open by the queue's name in SQS, for any wish. Who may not do it does not learn
// whether the queue is there.
func (c *call) find(name string, w wish) (queuecore.QueueInfo, error) {
	queue, err := c.names.Queue(name)
	if err != nil {
		return queuecore.QueueInfo{}, noQueue() // no queue can have such a name
	}
	q, err := c.broker.Queue(queue)
	if err != nil {
		q.Name = queue
	}
	if err := c.permit(&q, w); err != nil {
		return queuecore.QueueInfo{}, err
	}
	return q, err
}

// look is what a client must be allowed to do, one of them, to see that a queue
// is there and how it is set.
func look() []protocols.Action {
	return []protocols.Action{protocols.Browse, protocols.Send, protocols.Receive, protocols.Create, protocols.Admin}
}

// arn returns the Amazon resource name of a queue.
func (g *Gateway) arn(queue string) string {
	return "arn:aws:sqs:" + g.Region + ":" + g.Account + ":" + g.names.QueueName(queue)
}

// splitARN returns the service and the resource of an ARN. Region and account do
// not count, as in queue URLs.
// AWS General Reference, "Amazon Resource Names": arn:partition:service:region:account:resource.
func splitARN(arn string) (service, resource string, ok bool) {
	p := strings.Split(arn, ":")
	if len(p) != 6 || p[0] != "arn" || p[5] == "" {
		return "", "", false
	}
	return p[2], p[5], true
}
