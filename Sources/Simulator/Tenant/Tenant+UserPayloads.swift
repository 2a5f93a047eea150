import Foundation

/// The payloads of user events, with the members that must never leave the bridge: hashes and codes.
extension Tenant {
    mutating func human(_ new: NewUser, gender: Int?) -> String {
        let first = new.firstName ?? new.username
        let last = new.lastName ?? "Example"
        let hash = fakeHash()
        return GoJSON.object { json in
            json.member("userName", new.username)
            json.memberUnlessEmpty("firstName", first)
            json.memberUnlessEmpty("lastName", last)
            json.memberUnlessEmpty("nickName", new.nickName ?? "")
            json.memberUnlessEmpty("displayName", new.displayName ?? "\(first) \(last)")
            json.member("preferredLanguage", new.language ?? "und")
            if let gender { json.member("gender", gender) }
            json.memberUnlessEmpty("email", new.email ?? "")
            json.memberUnlessEmpty("phone", new.phone ?? "")
            if new.unverified != true { json.member("encodedHash", hash) }
        }
    }

    static func machine(_ new: NewUser) -> String {
        GoJSON.object { json in
            json.member("userName", new.username)
            json.memberUnlessEmpty("name", new.name ?? new.username)
            json.memberUnlessEmpty("description", new.description ?? "")
        }
    }

    /// The event of the invitation mail: its code is a secret.
    mutating func initializationCode(for user: User) -> NewEvent {
        let crypted = Data(randomBytes(count: 18)).base64EncodedString()
        let code = GoJSON.object { json in
            json.member("CryptoType", 0)
            json.member("Algorithm", "aes")
            json.member("KeyID", "simulated-key")
            json.member("Crypted", crypted)
        }
        let payload = GoJSON.object { json in
            json.member("code", raw: code)
            json.member("expiry", 259_200_000_000_000)
        }
        return NewEvent(aggregate: user.aggregate, type: "user.human.initialization.code.added", payload: payload)
    }

    /// As the user event says it: 1 female, 2 male, 3 diverse.
    static func genderNumber(_ text: String) throws(SimulatorError) -> Int {
        switch text {
        case "unspecified": return 0
        case "female": return 1
        case "male": return 2
        case "diverse": return 3
        default: throw .invalid("gender is none of unspecified, female, male, diverse")
        }
    }

    /// Looks like the hash of a password and is none.
    private mutating func fakeHash() -> String {
        let salt = Data(randomBytes(count: 12)).base64EncodedString()
        let hash = Data(randomBytes(count: 24)).base64EncodedString()
        return "$argon2id$v=19$m=65536,t=3,p=4$\(salt)$\(hash)"
    }

    private mutating func randomBytes(count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}
