import Testing

@testable import Bridge

@Suite("Published ids")
struct PublishedIDsTests {
    private func id(_ number: Int) -> PublishedIDs.Fingerprint {
        PublishedIDs.Fingerprint(Array("user/31000000000\(number)/\(number % 7 + 1)".utf8))
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

    @Test("The hash depends on every byte, wherever the bytes lie")
    func everyByte() {
        let text = Array("usergrant/320000000000000009/12".utf8)
        let whole = PublishedIDs.Fingerprint(text)
        for index in text.indices {
            var other = text
            other[index] ^= 1
            #expect(PublishedIDs.Fingerprint(other) != whole)
        }
        text.withUnsafeBytes { #expect(PublishedIDs.Fingerprint($0) == whole) }
        #expect(PublishedIDs.Fingerprint(text.dropLast()) != whole)
    }
}
