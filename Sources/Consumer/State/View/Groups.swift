package import EventContract

/// A group that a user's metadata claims.
package struct Group: Equatable, Sendable {
    package let id: UTF8Text
    package let displayName: UTF8Text

    /// Decodes a metadata value: standard base64 of a JSON array of strings and of `{"id","displayName"}` objects.
    ///
    /// A missing, null or empty `displayName` is the id; of groups with the same id the first counts.
    /// - Returns: the groups sorted by id; nil when the value has another shape.
    package static func decode(metadataValue: UTF8Text) -> [Group]? {
        guard let json = Base64.decode(metadataValue.bytes) else { return nil }
        return json.withUnsafeBytes { bytes in
            var scanner = JSONScanner()
            scanner.start(bytes)
            return try? groups(&scanner)
        }
    }

    private struct OtherShape: Error {}

    private static func groups(_ scanner: inout JSONScanner) throws -> [Group] {
        var groups: [Group] = []
        var known: Set<UTF8Text> = []
        var isOtherShape = false
        try scanner.array { (scanner) throws(JSONError) in
            guard let group = try group(&scanner) else { return isOtherShape = true }
            if known.insert(group.id).inserted { groups.append(group) }
        }
        guard !isOtherShape, scanner.nextByte() == nil else { throw OtherShape() }
        return groups.sorted { $0.id < $1.id }
    }

    private static func group(_ scanner: inout JSONScanner) throws(JSONError) -> Group? {
        if scanner.nextByte() == UInt8(ascii: "{") { return try object(&scanner) }
        guard let id = try scanner.value().string?.text, !id.isEmpty else { return nil }
        return Group(id: id, displayName: id)
    }

    private static func object(_ scanner: inout JSONScanner) throws(JSONError) -> Group? {
        var id: UTF8Text?
        var displayName: UTF8Text?
        var isOtherShape = false
        try scanner.object { (name, scanner) throws(JSONError) in
            switch (true, try scanner.value()) {
            case (name == "id", .string(let text)): id = text.text
            case (name == "displayName", .string(let text)): displayName = text.text
            case (name == "displayName", .null): break
            case (name == "displayName", _): isOtherShape = true
            default: break
            }
        }
        guard let id, !id.isEmpty, !isOtherShape else { return nil }
        guard let displayName, !displayName.isEmpty else { return Group(id: id, displayName: id) }
        return Group(id: id, displayName: displayName)
    }
}
