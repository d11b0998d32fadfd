package bucket

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/semaphore"

	"github.com/sluicemq/sluice/protocols"
)

// Options are the settings of a Bucket. Name, AccessKey and Secret must be given.
type Options struct {
	// Endpoint is the URL of the service (empty: Amazon's own in the region).
	Endpoint string
	Region   string
	// Name is the bucket that payloads are stored in and fetched from, and Read names
	// further ones that they are fetched from. No other bucket is ever asked for.
	Name string
	Read []string
	// PathStyle puts the bucket into the path and not before the host.
	PathStyle bool
	// AccessKey and Secret sign the requests. Secret is asked for each; it reports
	// whether there is one.
	AccessKey string
	Secret    func() (string, bool)
	// MaxBytes bounds an object that is fetched.
	MaxBytes int
	// Timeout bounds what one object may take.
	Timeout time.Duration
	// RemoveFetched has objects removed whose messages were acked.
	RemoveFetched bool
	// Log gets what nobody is told (nil: slog.Default).
	Log *slog.Logger
}

// Bucket implements protocols.Payloads. Its methods may be called from any goroutine.
type Bucket struct {
	o      Options
	client *s3.Client
	http   *http.Client
	slots  *semaphore.Weighted // one for each object on its way
	counts counts
	removals
}

var _ protocols.Payloads = (*Bucket)(nil)

// counts are protocols.PayloadCounts being counted.
type counts struct {
	fetched, fetchFailed, notServed atomic.Uint64
	stored, storeFailed             atomic.Uint64
	removed, removeFailed           atomic.Uint64
}

// New returns a Bucket. It asks nothing of the service yet.
func New(o Options) *Bucket {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	b := &Bucket{o: o, http: httpClient(), slots: semaphore.NewWeighted(maxUnderway)}
	b.client = s3.New(s3.Options{
		Region:       o.Region,
		BaseEndpoint: endpoint(o.Endpoint),
		UsePathStyle: o.PathStyle,
		Credentials:  aws.CredentialsProviderFunc(b.credentials),
		HTTPClient:   b.http,
		// A message whose payload cannot be had is tried again by its queue.
		Retryer: aws.NopRetryer{},
		// Other services than Amazon's do not know the newer checksums.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	})
	b.removals.start(b.removeNow)
	return b
}

func endpoint(url string) *string {
	if url == "" {
		return nil
	}
	return &url
}

// httpClient follows no redirects: what is asked of one host is not told to another.
func httpClient() *http.Client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = maxUnderway
	t.MaxResponseHeaderBytes = maxHeader
	t.DisableCompression = true // an object is what it is
	return &http.Client{
		Transport:     t,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// credentials are good for a second, so that a secret that is replaced counts.
func (b *Bucket) credentials(context.Context) (aws.Credentials, error) {
	secret, ok := b.o.Secret()
	if !ok {
		return aws.Credentials{}, errors.New("the secret of the S3 access key is gone")
	}
	return aws.Credentials{
		AccessKeyID: b.o.AccessKey, SecretAccessKey: secret, CanExpire: true, Expires: time.Now().Add(time.Second),
	}, nil
}

// Bucket implements protocols.Payloads.
func (b *Bucket) Bucket() string { return b.o.Name }

// RemovesFetched implements protocols.Payloads.
func (b *Bucket) RemovesFetched() bool { return b.o.RemoveFetched }

// Patience implements protocols.Payloads.
func (b *Bucket) Patience() time.Duration { return b.o.Timeout }

// Counts returns what has become of payloads so far.
func (b *Bucket) Counts() protocols.PayloadCounts {
	c := &b.counts
	return protocols.PayloadCounts{
		Fetched: c.fetched.Load(), FetchFailed: c.fetchFailed.Load(), NotServed: c.notServed.Load(),
		Stored: c.stored.Load(), StoreFailed: c.storeFailed.Load(),
		Removed: c.removed.Load(), RemoveFailed: c.removeFailed.Load(),
	}
}

// Close removes what is still to be removed, until ctx ends. Nothing is removed
// after that.
func (b *Bucket) Close(ctx context.Context) error {
	err := b.removals.stop(ctx)
	b.http.CloseIdleConnections()
	return err
}

// turn waits for a slot and bounds the time from then on. done must be called.
func (b *Bucket) turn(ctx context.Context) (_ context.Context, done func(), err error) {
	if err := b.slots.Acquire(ctx, 1); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, b.o.Timeout)
	return ctx, sync.OnceFunc(func() {
		cancel()
		b.slots.Release(1)
	}), nil
}
