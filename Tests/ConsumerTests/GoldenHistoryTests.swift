import Consumer
import EventContract
import Foundation
import TestSupport
import Testing

@Suite("The state of the golden history")
struct GoldenHistoryTests {
    @Test("In order, the export equals the golden one to the byte", arguments: StoreKind.allCases)
    func inOrder(_ kind: StoreKind) throws {
        let history = try GoldenHistory.small()
        let state = try TemporaryState(kind)
        let outcome = try state.store().apply(history.events)
        #expect(outcome.applied + outcome.alreadyApplied == history.events.count)
        #expect(outcome.conflicting == 0)
        expectSameLines(try state.export(), history.export)
    }

    @Test("Shuffled, doubled and split at random, it is the same", arguments: 0..<20, StoreKind.allCases)
    func shuffled(_ tenth: UInt64, _ kind: StoreKind) throws {
        let history = try GoldenHistory.small()
        for seed in tenth * 10..<tenth * 10 + (kind == .sqlite ? 10 : 2) {
            var generator = SeededGenerator(seed: seed)
            let deliveries = Deliveries(of: history.events, using: &generator)
            let state = try TemporaryState(kind)
            let store = try state.store()
            var applied = 0
            for batch in deliveries.batches { applied += try store.apply(batch).applied }
            #expect(try state.export() == history.export, "seed \(seed)")
            #expect(applied <= history.events.count, "seed \(seed)")
        }
    }

    @Test("The hash is the SHA-256 of exactly the export", arguments: StoreKind.allCases)
    func hash(_ kind: StoreKind) throws {
        let history = try GoldenHistory.small()
        let state = try TemporaryState(kind)
        _ = try state.store().apply(history.events)
        let export = StateExport(try state.reader(), groupsKey: "groups") { _ in }
        // sha256sum of Tests/Fixtures/histories/small.export.jsonl
        #expect(try export.hash() == "d4c2fc08076b3f8e97af26688f324bd362b05276f7adcc497c95dade4bfe67f4")
    }

    @Test("One user is shown as in the export; an unknown or removed one is not", arguments: StoreKind.allCases)
    func oneUser(_ kind: StoreKind) throws {
        let history = try GoldenHistory.small()
        let state = try TemporaryState(kind)
        _ = try state.store().apply(history.events)
        let export = StateExport(try state.reader(), groupsKey: "groups") { _ in }
        let lines = history.export.split(separator: "\n").map(String.init)
        let printed = try Set(lines.map { try #require($0.split(separator: "\"").dropFirst(3).first).description })
        for event in history.events where event.type == .userCreated {
            let line = try export.line(of: event.aggregateID).map { String(decoding: $0, as: UTF8.self) }
            let isPrinted = printed.contains(event.aggregateID.description)
            #expect((line != nil) == isPrinted)
            if let line { #expect(lines.contains(line)) }
        }
        #expect(try export.line(of: "404") == nil)
    }

    @Test("No secret reaches the database files")
    func noSecrets() throws {
        struct Secrets: Decodable { let never: [String] }
        let secrets = try JSONDecoder().decode(Secrets.self, from: Fixtures.data("secrets.json"))
        let state = try TemporaryState()
        let store = try state.store()
        _ = try store.apply(try GoldenHistory.small().events)
        _ = try store.apply(try GoldenEvent.all.compactMap(\.record).map { try CanonicalEvent($0) })
        let files = try state.files()
        #expect(files.range(of: Data("n437005@example.com".utf8)) != nil, "the files are those of the state")
        for secret in secrets.never { #expect(files.range(of: Data(secret.utf8)) == nil) }
    }
}

/// Compares line by line, so that a failure shows the first line that differs and not the whole export.
func expectSameLines(_ found: String, _ wanted: String, _ comment: Comment? = nil) {
    if found == wanted { return }
    let found = found.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let wanted = wanted.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let index = zip(found, wanted).prefix { $0 == $1 }.count
    let line = { (lines: [String]) in index < lines.count ? lines[index] : "(end)" }
    #expect(line(found) == line(wanted), comment)
    #expect(found.count == wanted.count, comment)
}
