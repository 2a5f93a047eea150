// A subscriber: keeps each user's e-mail address, and notes once for each new user that a welcome is due.
//
//   npm install @confluentinc/kafka-javascript && npx tsx subscriber.ts 127.0.0.1:9092
import { KafkaJS } from "@confluentinc/kafka-javascript";

const CREATED = "zitadel.user.created";
const TYPES = new Set([CREATED, "zitadel.user.email.changed", "zitadel.user.removed"]);
const TOPIC = "zitadel.events.v1";

/** What this program needs of a record; everything else is ignored. */
interface IdentityEvent {
  id: string;
  source: string;
  type: string;
  subject: string;
  data: {
    // A JavaScript number is exact up to 2^53 - 1; Zitadel counts within an aggregate, far below that.
    aggregate: { sequence: number };
    payload: { email?: string };
  };
}

// These stand for tables of a database, changed in one transaction for each record.
const addresses = new Map<string, { sequence: number; email?: string }>();
const done = new Set<string>();

function apply(event: IdentityEvent): void {
  const { sequence } = event.data.aggregate;
  const known = addresses.get(event.subject);
  // The newest wins, whatever comes first. A removed user keeps a row without address.
  if (known === undefined || sequence > known.sequence) {
    addresses.set(event.subject, { sequence, email: event.data.payload.email });
  }
  // What must not happen twice hangs on the event's identity.
  const identity = JSON.stringify([event.source, event.id]);
  if (event.type === CREATED && !done.has(identity)) {
    done.add(identity);
    console.log("welcome", event.subject);
  }
}

const kafka = new KafkaJS.Kafka({ kafkaJS: { brokers: [process.argv[2]] } });
const consumer = kafka.consumer({
  kafkaJS: { groupId: "directory-typescript", fromBeginning: true, autoCommit: false },
});
await consumer.connect();
await consumer.subscribe({ topics: [TOPIC] });
await consumer.run({
  eachMessage: async ({ topic, partition, message }) => {
    // Most records are not for us, and their headers say so: nothing is parsed.
    const type = message.headers?.["ce_type"]?.toString();
    if (type !== undefined && TYPES.has(type) && message.value !== null) {
      apply(JSON.parse(message.value.toString("utf8")) as IdentityEvent);
    }
    // Behind the transaction, so that a crash repeats work and loses none.
    const next = (BigInt(message.offset) + 1n).toString();
    await consumer.commitOffsets([{ topic, partition, offset: next }]);
  },
});
