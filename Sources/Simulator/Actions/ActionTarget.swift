/// A target: the endpoint that executions call.
struct ActionTarget: Codable, Sendable, Equatable {
    enum Kind: String, Codable, Sendable {
        case restWebhook
        case restCall
        case restAsync

        /// Zitadel's `domain.TargetType`.
        var number: Int {
            switch self {
            case .restWebhook: 0
            case .restCall: 1
            case .restAsync: 2
            }
        }
    }

    var id: String
    var name: String
    var endpoint: String
    var timeoutNanoseconds: Int64
    var kind: Kind
    var interruptOnError: Bool
    /// As the enum's name; `nil` is unspecified.
    var payloadType: String?
    var signingKey: String
    /// Microseconds since 1970.
    var createdAt: Int64
    var changedAt: Int64

    /// - Parameter withPayloadType: the service knows payload types.
    func json(withPayloadType: Bool) -> String {
        var text = "{\"id\":" + ProtobufJSON.string(id)
        text += ",\"creationDate\":\"\(ProtobufJSON.timestamp(createdAt))\""
        text += ",\"changeDate\":\"\(ProtobufJSON.timestamp(changedAt))\""
        text += ",\"name\":" + ProtobufJSON.string(name)
        text += ",\"\(kind.rawValue)\":" + (interruptOnError ? "{\"interruptOnError\":true}" : "{}")
        text += ",\"timeout\":\"\(ProtobufJSON.duration(nanoseconds: timeoutNanoseconds))\""
        text += ",\"endpoint\":" + ProtobufJSON.string(endpoint)
        if !signingKey.isEmpty { text += ",\"signingKey\":" + ProtobufJSON.string(signingKey) }
        if withPayloadType, let payloadType { text += ",\"payloadType\":" + ProtobufJSON.string(payloadType) }
        return text + "}"
    }
}
