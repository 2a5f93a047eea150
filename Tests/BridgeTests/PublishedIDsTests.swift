import EventContract
import Testing

@testable import Bridge

@Suite("Published ids")
struct PublishedIDsTests {
    private static let type: StaticString = "zitadel.user.locked"

    private func id(_ number: Int) -> PublishedIDs.Fingerprint {
        let time: StaticString = "2026-01-02T03:04:05.678901Z"
        return PublishedIDs.Fingerprint(
            id: Array("user/31000000000\(number)/\(number % 7 + 1)".utf8), type: Self.type.bytes, time: time.bytes)
    }

    @Test("Every id is remembered until as many newer ones came, and memory stays bounded")
    func bounded() {
        var ids = PublishedIDs(countMin: 1000)
        for number in 0..<10_000 {
            #expect(!ids.contains(id(number)))
            ids.insert(id(number))
            ids.insert(id(number))
            #expect(ids.count <= 2000)
            let oldest = max(0, number - 999)
            #expect(ids.contains(id(oldest)) && ids.contains(id((oldest + number) / 2)) && ids.contains(id(number)))
        }
        #expect(!ids.contains(id(0)))
    }

    @Test("A record that we published is seen in the topic once; a second one is a duplicate")
    func sightings() {
        var ids = PublishedIDs(countMin: 4)
        func saw(_ number: Int) -> Bool { ids.sawInTopic(id(number)) }
        ids.insert(id(1))
        #expect(saw(1) == false)
        #expect(saw(1) == true)
        #expect(saw(2) == false)
        #expect(ids.contains(id(2)))
        #expect(saw(2) == true)
        for number in 10..<14 { ids.insert(id(number)) }
        // Moved into the older half meanwhile.
        #expect(saw(2) == true)
    }

    @Test("The hash depends on every byte of id, type and time, wherever the bytes lie")
    func everyByte() {
        let id = Array("usergrant/320000000000000009/12".utf8)
        let type = Array(Self.type.bytes)
        let time = Array("2026-01-02T03:04:05.678901Z".utf8)
        func hash(_ id: [UInt8], _ type: [UInt8], _ time: [UInt8]) -> PublishedIDs.Fingerprint {
            type.withUnsafeBytes { PublishedIDs.Fingerprint(id: id, type: $0, time: time) }
        }
        func changes(of text: [UInt8]) -> [[UInt8]] {
            text.indices.map { index in
                var other = text
                other[index] ^= 1
                return other
            } + [text.dropLast()]
        }
        let whole = hash(id, type, time)
        for other in changes(of: id) { #expect(hash(other, type, time) != whole) }
        for other in changes(of: type) { #expect(hash(id, other, time) != whole) }
        for other in changes(of: time) { #expect(hash(id, type, other) != whole) }
        id.withUnsafeBytes { id in
            time.withUnsafeBytes { time in
                #expect(PublishedIDs.Fingerprint(id: id, type: Self.type.bytes, time: time) == whole)
            }
        }
    }
}
