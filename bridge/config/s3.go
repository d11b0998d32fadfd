package config

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// S3 says where bodies lie that messages only point to, as those of the Amazon SQS Extended
// Client Libraries do. Without a bucket there is no such place, and pointers are passed on.
type S3 struct {
	// Endpoint is the URL of the service; empty: Amazon's own in Region.
	Endpoint string `yaml:"s3_endpoint"`
	Region   string `yaml:"s3_region"`
	// Bucket is what the server writes to and reads from. ReadBuckets names further
	// ones to read from, with commas between them. What lies in any other stays a
	// pointer: who writes a message must not choose what the server's key opens.
	Bucket      string `yaml:"s3_bucket"`
	ReadBuckets string `yaml:"s3_read_buckets"`
	// AccessKey and Secret sign the requests.
	AccessKey string    `yaml:"s3_access_key"`
	Secret    SecretRef `yaml:"s3_secret"`
	// PathStyle puts the bucket into the path of URLs, not before the host.
	PathStyle bool `yaml:"s3_path_style"`
	// DeletePayloads removes the object of a message that a STOMP or NATS client has
	// acked, as the Java library does.
	DeletePayloads bool `yaml:"s3_delete_payloads"`
	// MaxPayload bounds a payload that STOMP and NATS clients are given, in MiB.
	MaxPayload int `yaml:"s3_max_payload"`
	// Timeout bounds what one object may take.
	Timeout time.Duration `yaml:"s3_timeout"`
}

// Readable returns the names in ReadBuckets.
func (s *S3) Readable() []string {
	return strings.FieldsFunc(s.ReadBuckets, func(r rune) bool { return r == ',' || r == ' ' })
}

func (s *S3) check() error {
	if s.Bucket == "" {
		return s.checkUnused()
	}
	for _, b := range append([]string{s.Bucket}, s.Readable()...) {
		if !isBucket(b) {
			return fmt.Errorf("s3_bucket or s3_read_buckets names %q: a bucket has 3 to 63 small letters, digits, dots and dashes", b)
		}
	}
	switch {
	case s.AccessKey == "" || len(s.AccessKey) > MaxAccessKeyID || !printable(s.AccessKey):
		return fmt.Errorf("s3_access_key must be an access key id of 1 to %d bytes", MaxAccessKeyID)
	case !s.Secret.isReference():
		return errors.New("s3_secret is neither file:PATH nor env:NAME: put the secret into a file or a variable, and name that here")
	case s.Region == "" || strings.Trim(s.Region, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		return fmt.Errorf("s3_region is %q: it must be made of small letters, digits and dashes", s.Region)
	}
	return cmp.Or(
		s.checkEndpoint(),
		between("s3_max_payload", s.MaxPayload, 1, MaxPayload),
		between("s3_timeout", s.Timeout, MinS3Timeout, MaxS3Timeout),
	)
}

// checkUnused finds the settings of somebody who forgot the bucket.
func (s *S3) checkUnused() error {
	for _, x := range [...]struct {
		key string
		set bool
	}{
		{"s3_endpoint", s.Endpoint != ""},
		{"s3_read_buckets", s.ReadBuckets != ""},
		{"s3_access_key", s.AccessKey != ""},
		{"s3_secret", s.Secret != ""},
		{"s3_delete_payloads", s.DeletePayloads},
	} {
		if x.set {
			return fmt.Errorf("%s is set and s3_bucket is empty: name the bucket that payloads are kept in", x.key)
		}
	}
	return nil
}

// checkEndpoint repeats nothing of a URL that has a password in it.
func (s *S3) checkEndpoint() error {
	if s.Endpoint == "" {
		return nil
	}
	u, err := url.Parse(s.Endpoint)
	switch {
	case err == nil && u.User != nil:
		return errors.New("s3_endpoint must hold no user: the keys are s3_access_key and s3_secret")
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Host == "", strings.Trim(u.Path, "/") != "", u.RawQuery != "", u.Fragment != "":
		return errors.New("s3_endpoint must look like https://s3.example.com")
	}
	return nil
}

// isBucket follows S3 User Guide, "General purpose bucket naming rules".
func isBucket(name string) bool {
	const inside = "abcdefghijklmnopqrstuvwxyz0123456789.-"
	return len(name) >= 3 && len(name) <= 63 && strings.Trim(name, inside) == "" && strings.Trim(name, ".-") == name
}
