package auth

import (
	"strings"
	"testing"
)

// FuzzPassword: a hash that is taken costs what the limits allow, and is written as it is read; a refusal is one
// line that repeats nothing of the hash. No password is tried: that is what it would cost.
func FuzzPassword(f *testing.F) {
	for _, text := range []string{
		"$argon2id$v=19$m=7168,t=5,p=1$c2FsdHNhbHRzYWx0$GyVqys0tjRWwobui/tW9Zgpel3avpAuo0ksvMh4twsE",
		"$argon2id$v=19$m=4294967295,t=4294967295,p=255$c2FsdHNhbHRzYWx0$GyVqys0tjRWwobui/tW9Zgpel3avpAuo0ksvMh4twsE",
		"$argon2id$v=19$m=7168,t=5,p=1$c2Fsd\nHNhbHRzYWx0$GyVqys0tjRWwobui/tW9Zgpel3avpAuo0ksvMh4twsE",
		"$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy", "$2a$31$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy", "$", "",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePassword(text)
		if err != nil {
			if p != nil || strings.Contains(err.Error(), "\n") || len(err.Error()) > 300 {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		a, err := parseArgon(text)
		if err != nil {
			if !isBcrypt(text) {
				t.Fatalf("%q is a password, and is none of the two: %v", text, err)
			}
			return
		}
		if a.memory > maxArgonMemory || a.memory*a.passes > maxArgonWork || a.lanes > maxArgonLanes || len(a.salt) > maxArgonSalt || len(a.sum) > maxArgonSum {
			t.Fatalf("%q is %+v", text, a)
		}
		if again, err := parseArgon(a.String()); err != nil || again.String() != a.String() || strings.ContainsAny(text, "\r\n") {
			t.Fatalf("%q is written %q, which reads as %+v, %v", text, a, again, err)
		}
	})
}
