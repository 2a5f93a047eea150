import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** A subscriber: keeps each user's e-mail address, and notes once for each new user that a welcome is due. */
public final class Subscriber {
    private static final String CREATED = "zitadel.user.created";
    private static final Set<String> TYPES = Set.of(CREATED, "zitadel.user.email.changed", "zitadel.user.removed");

    private record Address(long sequence, String email) {}

    // These stand for tables of a database, changed in one transaction for each record.
    private final Map<String, Address> addresses = new HashMap<>();
    private final Set<List<String>> done = new HashSet<>();
    private final ObjectMapper json = new ObjectMapper();

    private void apply(ConsumerRecord<String, byte[]> record) throws java.io.IOException {
        // Most records are not for us, and their headers say so: nothing is parsed.
        Header type = record.headers().lastHeader("ce_type");
        if (type == null || !TYPES.contains(new String(type.value(), StandardCharsets.UTF_8))) {
            return;
        }
        JsonNode event = json.readTree(record.value());
        String user = event.get("subject").asText();
        long sequence = event.at("/data/aggregate/sequence").asLong();
        String email = event.at("/data/payload/email").asText(null);
        // The newest wins, whatever comes first. A removed user keeps a row without address.
        addresses.merge(user, new Address(sequence, email), (known, now) ->
            now.sequence() > known.sequence() ? now : known);
        // What must not happen twice hangs on the event's identity.
        List<String> identity = List.of(event.get("source").asText(), event.get("id").asText());
        if (event.get("type").asText().equals(CREATED) && done.add(identity)) {
            System.out.println("welcome " + user);
        }
    }

    public static void main(String[] arguments) throws java.io.IOException {
        Map<String, Object> settings = Map.of(
            "bootstrap.servers", arguments[0],
            "group.id", "directory-java",
            "auto.offset.reset", "earliest",
            "enable.auto.commit", false);
        Subscriber users = new Subscriber();
        try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of("zitadel.events.v1"));
            while (true) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofSeconds(1))) {
                    users.apply(record);
                }
                // Behind the transactions, so that a crash repeats work and loses none.
                consumer.commitSync();
            }
        }
    }
}
