import ServiceRuntime

/// Writes events as items of the events search: protobuf's JSON, zero values left out.
///
/// Texts are joined whole, never byte by byte, and what repeats is kept: a debug build writes pages of tests in time.
struct SearchItemWriter: Sendable {
    /// Event type → its member, and the same for aggregate types.
    private var eventTypes: [String: String] = [:]
    private var aggregateTypes: [String: String] = [:]
    private var lastTime: (microseconds: Int64, text: String) = (.min, "")

    mutating func item(_ event: StoredEvent) -> String {
        var text = #"{"editor":{"#
        if !event.editor.isEmpty {
            text += "\"userId\":" + ProtobufJSON.string(event.editor) + ",\"displayName\":"
            text += ProtobufJSON.string(Self.displayName(event.editor)) + ","
        }
        text += #""service":"zitadel"},"aggregate":{"id":"#
        text += ProtobufJSON.string(event.aggregate.id)
        text += aggregateType(event.aggregate.type)
        if !event.aggregate.resourceOwner.isEmpty {
            text += ",\"resourceOwner\":" + ProtobufJSON.string(event.aggregate.resourceOwner)
        }
        text += "},\"sequence\":\"" + String(event.sequence) + "\",\"creationDate\":\""
        text += time(event.createdAt) + "\""
        if let payload = event.payload { text += ",\"payload\":" + StructWriter.text(payload) }
        text += eventType(event.type)
        return text + "}"
    }

    /// Zitadel looks the editor up; what is no user, such as `SYSTEM`, keeps its name.
    private static func displayName(_ editor: String) -> String {
        editor.utf8.allSatisfy { (0x30...0x39).contains($0) } ? "Admin" : editor
    }

    private mutating func aggregateType(_ type: String) -> String {
        if let known = aggregateTypes[type] { return known }
        let member = Self.typed("AggregateTypes.", type, type.prefix(1).uppercased() + type.dropFirst())
        aggregateTypes[type] = member
        return member
    }

    private mutating func eventType(_ type: String) -> String {
        if let known = eventTypes[type] { return known }
        let member = Self.typed("EventTypes.", type, type)
        eventTypes[type] = member
        return member
    }

    /// `,"type":{"type":"…","localized":{"key":"…","localizedMessage":"…"}}`
    private static func typed(_ prefix: String, _ type: String, _ message: String) -> String {
        ",\"type\":" + localized(prefix, type, message)
    }

    static func localized(_ prefix: String, _ type: String, _ message: String) -> String {
        "{\"type\":" + ProtobufJSON.string(type) + ",\"localized\":{\"key\":" + ProtobufJSON.string(prefix + type)
            + ",\"localizedMessage\":" + ProtobufJSON.string(message) + "}}"
    }

    private mutating func time(_ microseconds: Int64) -> String {
        if lastTime.microseconds != microseconds {
            lastTime = (microseconds, ProtobufJSON.timestamp(microseconds))
        }
        return lastTime.text
    }
}
