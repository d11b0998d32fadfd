package bucket

import (
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/sluicemq/sluice/protocols"
)

// Fetch implements protocols.Payloads. Who writes a message chooses what it points to,
// while the keys that sign are the server's: so only the configured buckets are read.
func (b *Bucket) Fetch(ctx context.Context, bucket, key string) ([]byte, error) {
	if why := b.refuse(bucket, key); why != "" {
		b.counts.notServed.Add(1)
		return nil, why
	}
	limited, done, err := b.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	content, err := b.get(limited, bucket, key)
	switch {
	case err == nil:
		b.counts.fetched.Add(1)
	case isNotServed(err):
		b.counts.notServed.Add(1)
	case ctx.Err() == nil: // or nobody wanted it any more
		b.counts.fetchFailed.Add(1)
	}
	return content, err
}

// refuse says why an object is not fetched for clients; "" when it may be.
func (b *Bucket) refuse(bucket, key string) protocols.NotServed {
	switch {
	case bucket != b.o.Name && !slices.Contains(b.o.Read, bucket):
		return "the bucket is none that this server reads"
	case !isPlainKey(key), bucket == b.o.Name && isOwn(key):
		return "the key is none that this server asks for"
	}
	return ""
}

// isPlainKey reports whether a key stays what it is in the path of a URL. One with
// a step upwards could be led out of its bucket by a server or proxy that cleans paths.
func isPlainKey(key string) bool {
	if key == "" || len(key) > maxKey || !utf8.ValidString(key) || strings.ContainsFunc(key, unicode.IsControl) {
		return false
	}
	for _, step := range strings.FieldsFunc(key, func(r rune) bool { return r == '/' || r == '\\' }) {
		if step == "." || step == ".." {
			return false
		}
	}
	return true
}

// isOwn reports whether a key is one of Store's, or one that a server or proxy which cleans
// paths would take for one.
func isOwn(key string) bool {
	return strings.HasPrefix(path.Clean("/"+strings.ReplaceAll(key, `\`, "/")), "/"+protocols.OwnPayloads)
}

func isNotServed(err error) bool {
	_, ok := err.(protocols.NotServed)
	return ok
}

func (b *Bucket) get(ctx context.Context, bucket, key string) ([]byte, error) {
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	if n := out.ContentLength; n != nil && *n > int64(b.o.MaxBytes) {
		return nil, b.tooLarge()
	}
	content, err := io.ReadAll(io.LimitReader(out.Body, int64(b.o.MaxBytes)+1))
	if err != nil {
		return nil, err
	}
	if len(content) > b.o.MaxBytes {
		return nil, b.tooLarge()
	}
	return content, nil
}

func (b *Bucket) tooLarge() protocols.NotServed {
	return protocols.NotServed(fmt.Sprintf("the payload is larger than the %d bytes that this server passes on", b.o.MaxBytes))
}
