package jetstream

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sluicemq/sluice/mapping"
	"github.com/sluicemq/sluice/queuecore"
)

// The labels of a queue that are the engine's.
const (
	streamLabel   = "nats.stream"    // the StreamConfig of a stream made over NATS
	consumerLabel = "nats.consumer." // and a name: a durable consumer's record
)

// stream is a queue seen as a stream.
type stream struct {
	name  string
	queue queuecore.QueueInfo
	// config is what clients are shown. It is shared: nobody changes it.
	config *StreamConfig
	// quoted is the name as JSON spells it.
	quoted []byte
	// bound: the stream has subjects of its own, bound to the queue. Otherwise
	// its subject is its name.
	bound bool
}

// relays reports whether s is an interest stream: its queue keeps nothing, and each of its
// consumers is a member of it.
func (s *stream) relays() bool { return s.queue.Config.Relay }

func (s *stream) destination() queuecore.Destination { return queuecore.QueueNamed(s.queue.Name) }

// isStream reports whether clients see the queue as a stream: those in memory alone are their
// session's business, and members are consumers.
func isStream(info *queuecore.QueueInfo) bool { return !info.Config.Transient && info.Config.Of == "" }

// stream returns the stream of that name. Queues that live in memory alone are
// their session's business and no streams.
func (e *Engine) stream(name string) (*stream, error) {
	queue, err := mapping.NATS{}.Queue(name)
	if err != nil {
		return nil, errStreamNotFound
	}
	info, err := e.broker.Queue(queue)
	if err != nil {
		return nil, err
	}
	if !isStream(&info) {
		return nil, errStreamNotFound
	}
	return e.views.of(&info), nil
}

// streams returns every stream whose queue pass lets through, in the order of
// their names.
func (e *Engine) streams(pass func(queuecore.Destination) bool) []*stream {
	var all []*stream
	for _, info := range e.broker.Queues("") {
		if isStream(&info) && (pass == nil || pass(queuecore.QueueNamed(info.Name))) {
			all = append(all, e.views.of(&info))
		}
	}
	slices.SortFunc(all, func(a, b *stream) int { return strings.Compare(a.name, b.name) })
	return all
}

// views remembers queues as streams, since a publish needs one each time and
// reading a label costs. A view is good as long as its queue is not modified.
type views struct {
	mu   sync.RWMutex // over what follows
	byID map[uint32]*stream
}

// maxViews bounds what is remembered of queues that may be long gone.
const maxViews = 10_000

func (v *views) of(info *queuecore.QueueInfo) *stream {
	v.mu.RLock()
	s := v.byID[info.ID]
	v.mu.RUnlock()
	if s != nil && s.queue.Modified.Equal(info.Modified) && s.queue.Name == info.Name {
		return s
	}
	s = viewOf(info)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.byID == nil || len(v.byID) >= maxViews {
		v.byID = make(map[uint32]*stream)
	}
	v.byID[info.ID] = s
	return s
}

// viewOf reads a queue as a stream. A label that cannot be read counts as none.
func viewOf(info *queuecore.QueueInfo) *stream {
	s := &stream{name: mapping.NATS{}.Stream(info.Name), queue: *info}
	s.quoted, _ = json.Marshal(s.name) // of a string it cannot fail
	c := new(StreamConfig)
	text, labelled := info.Config.Labels[streamLabel]
	if labelled && json.Unmarshal([]byte(text), c) == nil {
		s.bound = true
	} else {
		*c = StreamConfig{AllowMsgTTL: true, AllowMsgSchedules: true, Storage: storageFile, Compression: "none", MaxConsumers: -1}
	}
	c.Name, c.Retention, c.Replicas = s.name, workQueue, 1
	if s.relays() {
		c.Retention = interest
	}
	if len(c.Subjects) == 0 {
		c.Subjects = []string{s.name}
	}
	c.read(&info.Config)
	s.config = c
	return s
}

// read takes over what the queue itself says, which other gateways may have
// changed since the label was written.
func (c *StreamConfig) read(q *queuecore.QueueConfig) {
	c.MaxMsgs, c.MaxBytes, c.MaxMsgSize, c.MaxPer = -1, -1, -1, -1
	if q.MaxMessages > 0 {
		c.MaxMsgs = int64(q.MaxMessages)
	}
	if q.MaxBytes > 0 {
		c.MaxBytes = q.MaxBytes
	}
	if q.MaxMessageSize > 0 {
		c.MaxMsgSize = q.MaxMessageSize
	}
	if q.MaxPerTopic > 0 {
		c.MaxPer = int64(q.MaxPerTopic)
	}
	c.DiscardPer = q.MaxPerTopic > 0 && !q.DropOldestPerTopic
	c.MaxAge, c.Duplicates = q.Retention, q.DedupWindow
	switch {
	case q.DropOldest:
		c.Discard = discardOld
	case q.MaxMessages > 0 || q.MaxBytes > 0:
		c.Discard = discardNew
	case c.Discard == "" && c.DiscardPer:
		c.Discard = discardNew
	case c.Discard == "":
		c.Discard = discardOld
	}
	c.readWords(q)
}

// write makes the queue keep what the stream's configuration says. What a stream
// cannot say, such as back-off, and what it does not say of words stays as it is.
func (c *StreamConfig) write(q *queuecore.QueueConfig) error {
	q.MaxMessages, q.MaxBytes = int(max(c.MaxMsgs, 0)), max(c.MaxBytes, 0)
	q.MaxMessageSize = max(c.MaxMsgSize, 0)
	q.Retention, q.DedupWindow = c.MaxAge, c.Duplicates
	q.MaxPerTopic = int(max(c.MaxPer, 0))
	q.DropOldestPerTopic = q.MaxPerTopic > 0 && !c.DiscardPer
	q.Relay = c.Retention == interest
	q.DropOldest = c.Discard == discardOld && (q.MaxMessages > 0 || q.MaxBytes > 0)
	if q.Labels == nil {
		q.Labels = make(map[string]string)
	}
	q.Labels[streamLabel] = c.text()
	return c.writeWords(q)
}

// streamInfo is what STREAM.INFO and others answer.
type streamInfo struct {
	Config  *StreamConfig `json:"config"`
	Created time.Time     `json:"created"`
	State   streamState   `json:"state"`
	Time    time.Time     `json:"ts"`
}

type streamState struct {
	Messages    int            `json:"messages"`
	Bytes       int64          `json:"bytes"`
	FirstSeq    uint64         `json:"first_seq"`
	FirstTime   time.Time      `json:"first_ts"`
	LastSeq     uint64         `json:"last_seq"`
	LastTime    time.Time      `json:"last_ts"`
	NumSubjects int            `json:"num_subjects,omitempty"`
	Subjects    map[string]int `json:"subjects,omitempty"`
	NumDeleted  uint64         `json:"num_deleted,omitempty"`
	Deleted     []uint64       `json:"deleted,omitempty"`
	Consumers   int            `json:"consumer_count"`
}

// info describes a stream as it is now.
func (e *Engine) info(s *stream) (*streamInfo, error) {
	st, err := e.broker.Held(e.ctx, s.queue.Name, maxScan)
	if err != nil {
		return nil, err
	}
	state := streamState{
		Messages: st.Messages, Bytes: st.Bytes, FirstSeq: st.FirstSeq, LastSeq: st.LastSeq,
		FirstTime: st.FirstSentAt.UTC(), Consumers: len(e.consumerNames(s)),
	}
	if st.LastSeq == 0 {
		state.FirstSeq = 0 // nothing has ever been there
	} else if st.Messages > 0 {
		state.LastTime = e.lastTime(s, st.LastSeq)
	}
	if n := uint64(st.Messages); n > 0 && st.LastSeq-st.FirstSeq+1 > n {
		state.NumDeleted = st.LastSeq - st.FirstSeq + 1 - n
	}
	return &streamInfo{Config: s.config, Created: s.queue.Created.UTC(), State: state, Time: time.Now().UTC()}, nil
}
