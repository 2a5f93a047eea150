import FoundationEssentials

/// What a refusing Zitadel says, as its REST gateway or as Connect. Nothing of it is trusted.
///
/// Zitadel, `internal/api/grpc/gerrors/zitadel_errors.go` and `proto/zitadel/message.proto`, `ErrorDetail`.
struct ZitadelErrorBody {
    private(set) var code: Int?
    private(set) var id: String?
    private(set) var message: String?

    /// - Returns: nil when the body is no such error: a proxy's page, a plain text, nothing.
    init?(_ body: [UInt8]) {
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(body)),
            answer.code != nil || answer.message != nil
        else { return nil }
        code = answer.code
        message = answer.message
        id = answer.details.lazy.compactMap(\.id).first.flatMap(Self.checked) ?? message.flatMap(Self.id(inMessage:))
        if message?.isEmpty != false { message = answer.details.lazy.compactMap(\.message).first }
    }

    /// `Errors.Target.NotFound (COMMAND-17e8fq1ggk)`.
    private static func id(inMessage message: String) -> String? {
        guard message.last == ")", let open = message.lastIndex(of: "(") else { return nil }
        let id = message[message.index(after: open)...].dropLast()
        return id.contains("-") ? checked(String(id)) : nil
    }

    private static func checked(_ id: String) -> String? {
        let isID = id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return isID && (1...64).contains(id.utf8.count) ? id : nil
    }

    private struct Answer: Decodable {
        let code: Int?
        let message: String?
        let details: [Detail]

        private enum Key: CodingKey { case code, message, details }

        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: Key.self)
            let name = try? members.decode(String.self, forKey: .code)
            code = (try? members.decode(Int.self, forKey: .code)) ?? name.flatMap { connectCodes[$0] }
            message = try? members.decode(String.self, forKey: .message)
            details = (try? members.decode([Detail].self, forKey: .details)) ?? []
        }
    }

    private struct Detail: Decodable {
        let id: String?
        let message: String?

        private enum Key: CodingKey { case id, message, value }

        init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: Key.self)
            if let value = try? members.decode(String.self, forKey: .value) {
                // Connect leaves the padding out.
                let padded = value + String(repeating: "=", count: (4 - value.utf8.count % 4) % 4)
                let fields = ProtobufTexts(Data(base64Encoded: padded).map { Array($0) } ?? [])
                id = fields[1]
                message = fields[2]
            } else {
                id = try? members.decode(String.self, forKey: .id)
                message = try? members.decode(String.self, forKey: .message)
            }
        }
    }

    /// Connect, protocol reference, "Error codes".
    private static let connectCodes = [
        "canceled": 1, "unknown": 2, "invalid_argument": 3, "deadline_exceeded": 4, "not_found": 5,
        "already_exists": 6, "permission_denied": 7, "resource_exhausted": 8, "failed_precondition": 9, "aborted": 10,
        "out_of_range": 11, "unimplemented": 12, "internal": 13, "unavailable": 14, "data_loss": 15,
        "unauthenticated": 16,
    ]
}

/// The length-delimited fields of a protobuf message, read as text; what is damaged ends the reading.
private struct ProtobufTexts {
    private var texts: [UInt64: String] = [:]

    subscript(number: UInt64) -> String? { texts[number] }

    init(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while let tag = Self.varint(&rest) {
            switch tag & 7 {
            case 0:
                guard Self.varint(&rest) != nil else { return }
            case 1: rest = rest.dropFirst(8)
            case 2:
                guard let size = Self.varint(&rest), size <= UInt64(rest.count) else { return }
                texts[tag >> 3] = String(decoding: rest.prefix(Int(size)), as: UTF8.self)
                rest = rest.dropFirst(Int(size))
            case 5: rest = rest.dropFirst(4)
            default: return
            }
        }
    }

    private static func varint(_ rest: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 63, by: 7) {
            guard let byte = rest.popFirst() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}
