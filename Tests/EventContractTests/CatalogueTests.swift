import EventContract
import Testing

@Suite("Catalogue")
struct CatalogueTests {
    @Test("No event type has two rows, and each finds its own")
    func uniqueTypes() {
        var seen: Set<String> = []
        for row in Catalogue.rows {
            for event in row.events {
                #expect(seen.insert("\(event)").inserted)
                #expect(Catalogue.row(forEvent: event.bytes) === row)
            }
        }
        #expect(seen.count == 59)
    }

    @Test("Every canonical type is made by some row")
    func everyTypeIsMade() {
        #expect(Set(Catalogue.rows.map(\.type)) == Set(CanonicalType.allCases))
    }

    @Test("No secret member of Zitadel's payloads has a rule")
    func noSecretHasARule() {
        let secrets = ["encodedHash", "secret", "code", "clientSecret", "hashedSecret", "otpSecret", "publicKey"]
        for row in Catalogue.rows {
            for rule in row.payload {
                guard case .text(let name, _) = rule.source else { continue }
                #expect(!secrets.contains("\(name)"))
            }
        }
    }

    @Test("An event type of another aggregate is withheld")
    func otherAggregate() throws {
        let body = """
            {"aggregateID":"1","aggregateType":"org","sequence":1,"event_type":"user.removed",\
            "created_at":"2026-01-02T03:04:05Z"}
            """
        #expect(try Normalizing()(.webhook(Array(body.utf8))).outcome == .unknownType)
    }

    @Test("A grant for nobody is incomplete and never published under an empty key")
    func grantForNobody() throws {
        func body(_ event: String) -> [UInt8] {
            Array(
                """
                {"aggregateID":"1","aggregateType":"usergrant","sequence":1,"event_type":"\(event)",\
                "created_at":"2026-01-02T03:04:05Z","event_payload":{"userId":"","projectId":"3","roleKeys":["a"]}}
                """.utf8)
        }
        #expect(try Normalizing()(.webhook(body("user.grant.added"))).outcome == .incomplete)
        #expect(try Normalizing()(.webhook(body("user.grant.changed"))).outcome == .unresolvedSubject)
    }
}
