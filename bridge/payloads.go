package bridge

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/sluicemq/sluice/bridge/bucket"
	"github.com/sluicemq/sluice/bridge/config"
	"github.com/sluicemq/sluice/bridge/users"
	"github.com/sluicemq/sluice/protocols"
)

// openBucket returns where payloads lie, or nil when that is nowhere. It does not ask
// whether the bucket is there: S3 may be down while messages without payloads go on.
func openBucket(c *config.S3, log *slog.Logger) (*bucket.Bucket, error) {
	if c.Bucket == "" {
		return nil, nil
	}
	secret, err := users.Secret(c.Secret, log)
	if err != nil {
		return nil, fmt.Errorf("s3_secret is %s: %w", c.Secret, err)
	}
	return bucket.New(bucket.Options{
		Endpoint: c.Endpoint, Region: c.Region, PathStyle: c.PathStyle,
		Name: c.Bucket, Read: c.Readable(),
		AccessKey: c.AccessKey, Secret: secret.Reveal,
		MaxBytes: c.MaxPayload << 20, Timeout: c.Timeout, RemoveFetched: c.DeletePayloads,
		Log: log.With("part", "payloads"),
	}), nil
}

// payloads is the bucket as gateways know it: nil when there is none.
func (h *House) payloads() protocols.Payloads {
	if h.bucket == nil {
		return nil
	}
	return h.bucket
}

// payloadCounts is what the bucket counts as admin knows it: nil when there is none.
func (h *House) payloadCounts() func() protocols.PayloadCounts {
	if h.bucket == nil {
		return nil
	}
	return h.bucket.Counts
}

func (h *House) closeBucket(ctx context.Context) {
	if h.bucket == nil {
		return
	}
	if err := h.bucket.Close(ctx); err != nil {
		h.log.Warn("objects of acked messages are left in S3", "err", err)
	}
}
