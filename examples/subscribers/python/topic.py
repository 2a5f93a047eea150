"""Reads a topic from its beginning to the end it has now, without a consumer group."""

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition


def read_to_end(bootstrap, topic, timeout=30.0):
    """Yields the topic's records, partition by partition in no order; raises when the end is not reached in time."""
    consumer = Consumer({
        "bootstrap.servers": bootstrap,
        # The client wants a group's name even where nobody joins it; nothing is committed.
        "group.id": "reads-to-end",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
    })
    try:
        partitions = consumer.list_topics(topic, timeout).topics[topic].partitions
        consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in partitions])
        open_partitions = set(partitions)
        while open_partitions:
            record = consumer.poll(timeout)
            if record is None:
                raise TimeoutError(f"the end of {topic} was not reached")
            if record.error() is None:
                yield record
            elif record.error().code() == KafkaError._PARTITION_EOF:
                open_partitions.discard(record.partition())
            else:
                raise KafkaException(record.error())
    finally:
        consumer.close()
