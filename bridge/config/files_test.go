package config_test

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sluicemq/sluice/bridge/config"
)

// Every file in configs loads.
func TestFilesLoad(t *testing.T) {
	files, err := filepath.Glob("../../configs/*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, f := range files {
		if filepath.Base(f) == "users.yaml" {
			continue // no settings; bridge/users loads it
		}
		if _, err := config.Load(context.Background(), config.Sources{File: f}); err != nil {
			t.Error(err)
		}
	}
}

// configs/sluice.yaml is the reference: every key, each with its default.
func TestReferenceFile(t *testing.T) {
	const path = "../../configs/sluice.yaml"
	got, err := config.Load(context.Background(), config.Sources{File: path})
	if err != nil || !reflect.DeepEqual(got, config.Default()) {
		t.Errorf("not the defaults: %+v, %v", got, err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	has := make(map[string]bool)
	for s := bufio.NewScanner(f); s.Scan(); {
		key, _, _ := strings.Cut(s.Text(), ":")
		has[key] = true
	}
	for _, key := range keys(reflect.TypeFor[config.Config]()) {
		if !has[key] {
			t.Errorf("no %s", key)
		}
	}
}

// configs/queue-rules.yaml has every key that a rule may have, as configs/sluice.yaml says.
func TestRulesFile(t *testing.T) {
	text, err := os.ReadFile("../../configs/queue-rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range keys(reflect.TypeFor[config.QueueRule]()) {
		key, _, _ := strings.Cut(tag, ",")
		if !strings.Contains(string(text), " "+key+":") {
			t.Errorf("no %s", key)
		}
	}
}

// configs/stomp-dialects.yaml has every key that a listener may have.
func TestDialectsFile(t *testing.T) {
	text, err := os.ReadFile("../../configs/stomp-dialects.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range keys(reflect.TypeFor[config.STOMPListener]()) {
		key, _, _ := strings.Cut(tag, ",")
		if !strings.Contains(string(text), " "+key+":") {
			t.Errorf("no %s", key)
		}
	}
}
