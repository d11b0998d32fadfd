package jetstream

import (
	"math"
	"sync/atomic"
)

// calls counts the requests of the API since the start, those that were refused among them. Pulls and acks
// are none, as in nats-server.
type calls struct{ total, errors atomic.Int64 }

// accountInfo answers what libraries probe a server with.
func (e *Engine) accountInfo(r *request) (any, error) {
	type limits struct {
		MaxMemory      int  `json:"max_memory"`
		MaxStorage     int  `json:"max_storage"`
		MaxStreams     int  `json:"max_streams"`
		MaxConsumers   int  `json:"max_consumers"`
		MaxAckPending  int  `json:"max_ack_pending"`
		MemoryMaxBytes int  `json:"memory_max_stream_bytes"`
		StoreMaxBytes  int  `json:"storage_max_stream_bytes"`
		BytesRequired  bool `json:"max_bytes_required"`
	}
	type api struct {
		Level  int   `json:"level"`
		Total  int64 `json:"total"`
		Errors int64 `json:"errors"`
	}
	var answer struct {
		Memory          int    `json:"memory"`
		Storage         int64  `json:"storage"`
		ReservedMemory  int    `json:"reserved_memory"`
		ReservedStorage int64  `json:"reserved_storage"`
		Streams         int    `json:"streams"`
		Consumers       int    `json:"consumers"`
		Limits          limits `json:"limits"`
		API             api    `json:"api"`
	}
	for _, s := range e.streams(r.client.sees) {
		st, err := e.broker.Held(e.ctx, s.queue.Name, maxCount)
		if err != nil {
			continue // deleted meanwhile
		}
		answer.Streams++
		answer.Consumers += len(e.consumerNames(s))
		answer.Storage += st.Bytes
		answer.ReservedStorage = addCapped(answer.ReservedStorage, max(s.config.MaxBytes, 0))
	}
	answer.Limits = limits{-1, -1, -1, -1, -1, -1, -1, false}
	answer.API = api{level, e.calls.total.Load(), e.calls.errors.Load()}
	return &answer, nil
}

func addCapped(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
