import Foundation
import TestSupport
import Testing

@testable import ZitadelClient

struct SignatureCase: Decodable, CustomTestStringConvertible, Sendable {
    let name: String
    let keys: [String]
    let body: Data
    let header: String?
    let now: Int64
    let ok: Bool
    let reason: String

    var testDescription: String { name }

    static let all = (try? JSONDecoder().decode([Self].self, from: Fixtures.data("signatures.json"))) ?? []

    func verify(_ header: [UInt8]?, keys: [String]? = nil) throws(SignatureRejection) {
        let verifier = SignatureVerifier(keys: keys ?? self.keys, tolerance: 300)
        let body = [UInt8](self.body)
        // Closures that rethrow lose the error's type, hence the Result.
        let result: Result<Void, SignatureRejection> = body.withUnsafeBytes { body in
            guard let header else {
                return Result { () throws(SignatureRejection) in
                    try verifier.verify(body: body, header: nil, now: now)
                }
            }
            return header.withUnsafeBytes { header in
                Result { () throws(SignatureRejection) in try verifier.verify(body: body, header: header, now: now) }
            }
        }
        try result.get()
    }
}

@Suite("ZITADEL-Signature")
struct SignatureVerifierTests {
    @Test("The golden cases are there")
    func goldenCasesAreThere() {
        #expect(SignatureCase.all.count > 60)
    }

    @Test("A golden case is accepted or refused as the reference says", arguments: SignatureCase.all)
    func goldenCase(_ example: SignatureCase) {
        let header = example.header.map { Array($0.utf8) }
        if example.ok {
            #expect(throws: Never.self) { try example.verify(header) }
        } else {
            #expect(throws: SignatureRejection.self) { try example.verify(header) }
        }
    }

    @Test("A refusal names the first check that failed", arguments: SignatureCase.all.filter { !$0.ok })
    func refusalReason(_ example: SignatureCase) {
        // Beyond the size limit the header is refused before it is read.
        guard (example.header?.utf8.count ?? 0) <= SignatureVerifier.headerSizeMax else { return }
        let expected = example.reason.replacingOccurrences(of: "-", with: "_")
        do throws(SignatureRejection) {
            try example.verify(example.header.map { Array($0.utf8) })
        } catch {
            #expect(error.rawValue == expected)
        }
    }

    @Test("Flipping any bit of the digest is refused")
    func flippedBits() throws {
        let example = try #require(SignatureCase.all.first { $0.name == "V2 normal event" })
        let header = Array(try #require(example.header).utf8)
        for index in (header.count - 64)..<header.count {
            var forged = header
            forged[index] = forged[index] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
            #expect(throws: SignatureRejection.noValidSignature) { try example.verify(forged) }
        }
    }

    @Test("Header bytes that are not UTF-8 are refused")
    func notUTF8() throws {
        let example = try #require(SignatureCase.all.first { $0.name == "V2 normal event" })
        #expect(throws: SignatureRejection.invalidHeader) { try example.verify([0xFF, 0xFE, 0x00]) }
        let header = Array(try #require(example.header).utf8)
        #expect(throws: Never.self) { try example.verify(Array("v9=".utf8) + [0xFF, 0x2C] + header) }
    }

    @Test("A header above the limit is refused unread")
    func oversizedHeader() throws {
        let example = try #require(SignatureCase.all.first { $0.name == "V2 normal event" })
        let padding = Array(repeating: UInt8(ascii: "x"), count: SignatureVerifier.headerSizeMax)
        let header = Array(try #require(example.header).utf8) + Array(",p=".utf8) + padding
        #expect(throws: SignatureRejection.invalidHeader) { try example.verify(header) }
    }

    @Test("What the signer signs, the verifier accepts", arguments: [0, 1, 1_767_323_045, -5] as [Int64])
    func roundTrip(_ timestamp: Int64) {
        let body = Array("{\"a\":\"ü\"}".utf8)
        let header = WebhookSigner.signatureHeader(key: "key", timestamp: timestamp, body: body)
        let example = SignatureCase(
            name: "", keys: ["other", "key"], body: Data(body), header: header, now: timestamp, ok: true, reason: "")
        #expect(throws: Never.self) { try example.verify(Array(header.utf8)) }
    }
}
