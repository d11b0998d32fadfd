package bucket

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Store implements protocols.Payloads.
func (b *Bucket) Store(ctx context.Context, key, content string) error {
	limited, done, err := b.turn(ctx)
	if err != nil {
		return err
	}
	defer done()
	_, err = b.client.PutObject(limited, &s3.PutObjectInput{Bucket: &b.o.Name, Key: &key, Body: strings.NewReader(content)})
	switch {
	case err == nil:
		b.counts.stored.Add(1)
	case ctx.Err() == nil: // or nobody wanted it any more
		b.counts.storeFailed.Add(1)
	}
	return err
}
