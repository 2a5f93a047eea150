import EventContract
import Foundation
import TestSupport
import Testing

/// The contract pack in `schemas/` against the code it describes. What validates it is in `Tests/Python`.
@Suite("Schemas")
struct SchemaTests {
    private static let event = "schemas/event/v1.schema.json"
    private static let headers = "schemas/event/v1.headers.schema.json"
    private static let examples = "schemas/examples/events.jsonl"

    private func definitions() throws -> [String: [String: Any]] {
        try #require(ContractFile.object(Self.event)["$defs"] as? [String: [String: Any]])
    }

    private func properties(_ path: String) throws -> [String: [String: Any]] {
        try #require(ContractFile.object(path)["properties"] as? [String: [String: Any]])
    }

    @Test("The schema lists every type, in the catalogue's order, and binds it to its data")
    func types() throws {
        let schema = try ContractFile.object(Self.event)
        let names = CanonicalType.allCases.map { "\($0.name)" }
        #expect(try properties(Self.event)["type"]?["enum"] as? [String] == names)
        let bindings = CanonicalType.allCases.map(CatalogueSchema.binding)
        #expect(try ContractFile.canonical(schema["allOf"] ?? []) == ContractFile.canonical(bindings))
    }

    @Test("A type's data has the events, members and constants of the catalogue", arguments: CanonicalType.allCases)
    func data(_ type: CanonicalType) throws {
        var data = try definitions()["\(type.name)"] ?? [:]
        data["description"] = nil
        let wanted = try ContractFile.canonical(CatalogueSchema.data(of: type))
        let isSame = try ContractFile.canonical(data) == wanted
        #expect(isSame, "\(Self.event) needs in $defs, beside a description: \"\(type.name)\": \(wanted)")
    }

    @Test("Everything that has a definition is in the catalogue, and the other way round")
    func definitionsAreUsed() throws {
        #expect(Set(try definitions().keys) == CatalogueSchema.definitions)
    }

    @Test("Fixed values are those of the code")
    func fixedValues() throws {
        let event = try properties(Self.event)
        let headers = try properties(Self.headers)
        #expect(try ContractFile.object(Self.event)["$id"] as? String == "\(EventRecord.dataschema)")
        #expect(event["dataschema"]?["const"] as? String == "\(EventRecord.dataschema)")
        #expect(event["specversion"]?["const"] as? String == "\(EventRecord.specversion)")
        #expect(headers["content-type"]?["const"] as? String == "\(EventRecord.contentType)")
        #expect(try definitions()["member.gender"]?["enum"] as? [String] == Gender.allCases.map { "\($0.name)" })
        let names: [StaticString] = [
            RecordHeader.contentType, RecordHeader.id, RecordHeader.type, RecordHeader.source, RecordHeader.subject,
            RecordHeader.time, RecordHeader.specversion, RecordHeader.path, RecordHeader.receivedAt,
            RecordHeader.traceParent,
        ]
        #expect(Set(headers.keys) == Set(names.map { "\($0)" }))
    }

    @Test("The examples are what the bridge writes, one for each event type at least")
    func examplesAreCurrent() throws {
        var lines: [String] = []
        for body in ExampleEvents.bodies {
            let result = try Normalizing(users: ExampleEvents.users)(.webhook(body))
            #expect(result.outcome == .record, "\(String(decoding: body, as: UTF8.self))")
            lines.append("\(result.value)\n")
        }
        if ContractFile.isUpdating { try ContractFile.write(lines.joined(), to: Self.examples) }
        let isCurrent = try ContractFile.text(Self.examples) == lines.joined()
        #expect(
            isCurrent, "\(Self.examples) is not what the code writes: run ./dev schemas and look at the difference.")
    }

    @Test("The table of docs/events.md is the catalogue")
    func tableIsCurrent() throws {
        let document = try ContractFile.text(CatalogueTable.path)
        let wanted = try #require(CatalogueTable.placed(in: document))
        if ContractFile.isUpdating { try ContractFile.write(wanted, to: CatalogueTable.path) }
        #expect(document == wanted || ContractFile.isUpdating, "\(CatalogueTable.path) is old: run ./dev schemas.")
    }
}
