#!/usr/bin/env bash
# The three topics with the settings that the promises need. One broker here: with three, --replication-factor 3 and
# --config min.insync.replicas=2.
set -euo pipefail

topic() {
    /opt/kafka/bin/kafka-topics.sh --bootstrap-server kafka:9092 --create --if-not-exists --replication-factor 1 \
        --topic "$@"
}

topic "${KAFKA_TOPIC:-zitadel.events.v1}" --partitions 12 --config cleanup.policy=delete --config retention.ms=-1
topic "${KAFKA_TOPIC:-zitadel.events.v1}.dlq" --partitions 1 --config cleanup.policy=delete --config retention.ms=-1
topic zitadel.bridge.cursor --partitions 1 --config cleanup.policy=compact
