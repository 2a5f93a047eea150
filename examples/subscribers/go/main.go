// A subscriber: keeps each user's e-mail address, and notes once for each new user that a welcome is due.
//
//	go mod init example && go get github.com/confluentinc/confluent-kafka-go/v2/kafka && go run . 127.0.0.1:9092
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

const (
	created = "zitadel.user.created"
	changed = "zitadel.user.email.changed"
	removed = "zitadel.user.removed"
)

// event is what this program needs of a record; everything else is ignored.
type event struct {
	ID      string `json:"id"`
	Source  string `json:"source"`
	Type    string `json:"type"`
	Subject string `json:"subject"`
	Data    struct {
		Aggregate struct {
			Sequence int64 `json:"sequence"`
		} `json:"aggregate"`
		Payload struct {
			Email *string `json:"email"`
		} `json:"payload"`
	} `json:"data"`
}

type address struct {
	sequence int64
	email    *string
}

// directory stands for tables of a database, changed in one transaction for each record.
type directory struct {
	addresses map[string]address
	done      map[[2]string]bool
}

func (d *directory) apply(record *kafka.Message) error {
	// Most records are not for us, and their headers say so: nothing is parsed.
	switch header(record, "ce_type") {
	case created, changed, removed:
	default:
		return nil
	}
	var e event
	if err := json.Unmarshal(record.Value, &e); err != nil {
		return err
	}
	// The newest wins, whatever comes first. A removed user keeps a row without address.
	sequence := e.Data.Aggregate.Sequence
	if known, ok := d.addresses[e.Subject]; !ok || sequence > known.sequence {
		d.addresses[e.Subject] = address{sequence, e.Data.Payload.Email}
	}
	// What must not happen twice hangs on the event's identity.
	identity := [2]string{e.Source, e.ID}
	if e.Type == created && !d.done[identity] {
		d.done[identity] = true
		fmt.Println("welcome", e.Subject)
	}
	return nil
}

func header(record *kafka.Message, name string) string {
	for _, h := range record.Headers {
		if h.Key == name {
			return string(h.Value)
		}
	}
	return ""
}

func main() {
	consumer, err := kafka.NewConsumer(&kafka.ConfigMap{
		"bootstrap.servers":  os.Args[1],
		"group.id":           "directory-go",
		"auto.offset.reset":  "earliest",
		"enable.auto.commit": false,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer consumer.Close()
	if err := consumer.SubscribeTopics([]string{"zitadel.events.v1"}, nil); err != nil {
		log.Fatal(err)
	}
	users := directory{map[string]address{}, map[[2]string]bool{}}
	for {
		record, err := consumer.ReadMessage(-1)
		if err != nil {
			log.Fatal(err)
		}
		if err := users.apply(record); err != nil {
			log.Fatal(err)
		}
		// Behind the transaction, so that a crash repeats work and loses none.
		if _, err := consumer.CommitMessage(record); err != nil {
			log.Fatal(err)
		}
	}
}
