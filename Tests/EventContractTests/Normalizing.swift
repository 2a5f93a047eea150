import EventContract

/// Runs one event through scanner, catalogue and record, as the bridge does.
struct Normalizing {
    enum Input {
        case webhook([UInt8])
        case search([UInt8])
    }

    struct Result: Equatable {
        var outcome: EventNormalizer.Outcome
        var key: UTF8Text
        var value: UTF8Text
        var id: UTF8Text
        var time: UTF8Text
    }

    static let instance = UTF8Text("290000000000000001")

    var metadataKeys = MetadataKeyFilter.all
    var fields = PublishedFields.all
    var users: [UTF8Text: UTF8Text] = [:]

    func callAsFunction(_ input: Input) throws(ZitadelEventError) -> Result {
        var event = ZitadelEvent()
        var scanner = JSONScanner()
        var record = EventRecord()
        let normalizer = EventNormalizer(metadataKeys: metadataKeys, fields: fields)
        let bytes =
            switch input {
            case .webhook(let bytes), .search(let bytes): bytes
            }
        // The event borrows the bytes, so all of it happens while they are pinned.
        let outcome: Swift.Result<EventNormalizer.Outcome, ZitadelEventError> = bytes.withUnsafeBytes { text in
            Swift.Result { () throws(ZitadelEventError) in
                switch input {
                case .webhook: try event.read(webhook: text, using: &scanner)
                case .search:
                    scanner.start(text)
                    try event.read(searchItem: &scanner)
                }
                return normalizer.normalize(
                    event, from: RecordSource(instanceID: Self.instance), into: &record, userOfGrant: { users[$0] })
            }
        }
        return Result(
            outcome: try outcome.get(), key: UTF8Text(bytes: record.key), value: UTF8Text(bytes: record.value),
            id: UTF8Text(bytes: record.id), time: UTF8Text(bytes: record.time))
    }
}
