import CRdKafka

/// An `rd_kafka_conf_t` being filled: our defaults first, then the operator's properties, then the promises checked.
final class ClientProperties {
    let pointer: OpaquePointer
    private var isTaken = false
    /// Values that must not show up in an error text.
    private let operatorProperties: [(name: String, value: String)]
    private let credentials: KafkaCredentials?

    /// - Parameter defaults: ours, by librdkafka's names; each is known and valid.
    init(
        _ configuration: KafkaConfiguration, defaults: [(name: String, value: String)]
    ) throws(KafkaConfigurationError) {
        pointer = rd_kafka_conf_new()
        operatorProperties = configuration.properties
        credentials = configuration.credentials
        try set("bootstrap.servers", configuration.bootstrapServers)
        try set("client.id", configuration.clientID)
        // Logs go through the client's event queue: librdkafka's own threads never run code of ours.
        try set("log.queue", "true")
        for (name, value) in defaults where !Self.isTooSmall(name, value, configuration) { try set(name, value) }
        for (name, value) in configuration.properties { try set(name, value) }
        for (name, _) in configuration.properties { try Promise.check(name, value: value(of: name)) }
        try checkSecurity()
    }

    /// A default that would stop the start: librdkafka wants `fetch.max.bytes` to hold the largest record, and left to
    /// itself makes it large enough.
    private static func isTooSmall(_ name: String, _ value: String, _ configuration: KafkaConfiguration) -> Bool {
        guard name == "fetch.max.bytes", let size = Int(value) else { return false }
        let recordMax = configuration.properties.last { $0.name == "message.max.bytes" }.flatMap { Int($0.value) }
        return recordMax.map { $0 > size } ?? false
    }

    /// A certificate or password that librdkafka would leave aside without a word.
    private func checkSecurity() throws(KafkaConfigurationError) {
        let securityProtocol = value(of: "security.protocol")
        let idle = ["ssl.": !securityProtocol.contains("ssl"), "sasl.": !securityProtocol.contains("sasl")]
        for (name, _) in operatorProperties where idle.contains(where: { $0.value && name.hasPrefix($0.key) }) {
            throw .withoutEffect(property: name, protocol: securityProtocol)
        }
    }

    deinit {
        if !isTaken { rd_kafka_conf_destroy(pointer) }
    }

    /// Builds the client. librdkafka takes the properties only when that works.
    ///
    /// - Parameter keepsAlive: what the client's callbacks point to; released after the client is gone.
    func makeClient(
        _ type: rd_kafka_type_t, keepsAlive: AnyObject? = nil
    ) throws(KafkaConfigurationError) -> KafkaHandle {
        let (client, reason) = withText { rd_kafka_new(type, pointer, $0, $1) }
        guard let client else { throw .refusedClient(reason: withoutValues(reason)) }
        isTaken = true
        let handle = KafkaHandle(client, keepsAlive: keepsAlive)
        credentials?.adopt(handle)
        return handle
    }

    private func set(_ name: String, _ value: String) throws(KafkaConfigurationError) {
        // The text repeats the value, so it is not passed on.
        switch withText({ rd_kafka_conf_set(pointer, name, value, $0, $1) }).0 {
        case RD_KAFKA_CONF_OK: return
        case RD_KAFKA_CONF_UNKNOWN: throw .unknownProperty(name)
        default: throw .refusedValue(property: name)
        }
    }

    /// The value in librdkafka's canonical spelling (`T`, `1` and `true` are all `true`).
    private func value(of name: String) -> String {
        let (result, text) = withText { buffer, capacity in
            var size = capacity
            return rd_kafka_conf_get(pointer, name, buffer, &size)
        }
        return result == RD_KAFKA_CONF_OK ? text : ""
    }

    /// librdkafka names files and hosts in its reasons; what the operator set is replaced by its property's name.
    private func withoutValues(_ text: String) -> String {
        operatorProperties.filter { $0.value.utf8.count >= 4 }
            .reduce(text) { $0.replacing($1.value, with: "<\($1.name)>") }
    }
}

/// A property whose value the product's promises depend on.
private struct Promise {
    let property: String
    /// Canonical values that keep it; none: the property may not be set at all.
    let keeping: [String]
    let reason: String

    static let all = [
        Promise(
            property: "enable.idempotence", keeping: ["true"],
            reason: "a record must not be written twice or out of order by a retry (true is required)"),
        Promise(
            property: "acks", keeping: ["-1", "all"],
            reason: "a webhook is answered only once every in-sync replica has the record (all is required)"),
        Promise(
            property: "request.required.acks", keeping: ["-1", "all"],
            reason: "a webhook is answered only once every in-sync replica has the record (all is required)"),
        Promise(
            property: "delivery.report.only.error", keeping: ["false"],
            reason: "every accepted record must get its delivery report (false is required)"),
        Promise(
            property: "enable.auto.commit", keeping: ["false"],
            reason: "offsets are committed only after the state has them (false is required)"),
        Promise(
            property: "enable.auto.offset.store", keeping: ["false"],
            reason: "offsets are committed only after the state has them (false is required)"),
        Promise(
            property: "log.queue", keeping: ["true"],
            reason: "the client's log is written by the program's own logger (true is required)"),
        Promise(
            property: "transactional.id", keeping: [],
            reason: "records are published idempotently, without transactions (leave it out)"),
        Promise(
            property: "test.mock.num.brokers", keeping: ["0"],
            reason: "records would be acknowledged into memory (start kafka-dev-broker instead)"),
    ]

    static func check(_ name: String, value: String) throws(KafkaConfigurationError) {
        guard let promise = all.first(where: { $0.property == name }) else { return }
        guard !promise.keeping.contains(value) else { return }
        throw .breaksPromise(property: name, reason: promise.reason)
    }
}

/// Lends a call the room librdkafka writes a text into, and reads the text.
func withText<Result>(_ call: (_ buffer: UnsafeMutablePointer<CChar>, _ capacity: Int) -> Result) -> (Result, String) {
    let capacity = 1024
    let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: capacity)
    defer { buffer.deallocate() }
    buffer.initialize(repeating: 0, count: capacity)
    let result = call(buffer, capacity)
    return (result, String(cString: buffer))
}
