// Shims only where C variadics force one; everything else is imported as it is.
#pragma once
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <sys/prctl.h>

/// prctl is variadic. Names the calling thread; the kernel keeps the first 15 bytes.
static inline void zkb_name_this_thread(const char *name) { prctl(PR_SET_NAME, name); }

/// rd_kafka_producev is variadic. The record's key and value are copied by librdkafka; on success it owns the headers.
static inline rd_kafka_resp_err_t zkb_produce(rd_kafka_t *client, rd_kafka_topic_t *topic, const void *key, size_t key_size,
                                              const void *value, size_t value_size, rd_kafka_headers_t *headers, void *opaque) {
    return rd_kafka_producev(client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(RD_KAFKA_PARTITION_UA),
                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY((void *)key, key_size),
                             RD_KAFKA_V_VALUE((void *)value, value_size), RD_KAFKA_V_HEADERS(headers),
                             RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
}
