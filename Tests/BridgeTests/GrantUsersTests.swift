import EventContract
import TestSupport
import Testing

@testable import Bridge

@Suite("Users of grants")
struct GrantUsersTests {
    @Test("The oldest grant is forgotten when there are too many")
    func bounded() {
        var users = GrantUsers(countMax: 3)
        for index in 0..<7 { users.learn(grant: UTF8Text("g\(index)"), user: UTF8Text("u\(index)")) }
        #expect(users.count == 3)
        #expect(users["g3"] == nil)
        #expect(["g4", "g5", "g6"].map { users[$0] } == ["u4", "u5", "u6"])
    }

    @Test("Learning a grant again takes no second place")
    func learnedTwice() {
        var users = GrantUsers(countMax: 2)
        for _ in 0..<5 { users.learn(grant: "a", user: "1") }
        users.learn(grant: "b", user: "2")
        #expect(users["a"] == "1")
        #expect(users["b"] == "2")
    }

    @Test("Ids of Zitadel's kind are remembered up to the whole number, the newest ones for good")
    func full() {
        var users = GrantUsers()
        let base = 320_000_000_000_000_000
        for index in 0..<250_000 { users.learn(grant: UTF8Text("\(base + index)"), user: UTF8Text("\(base - index)")) }
        #expect(users.count == GrantUsers.countMax)
        #expect(users[UTF8Text("\(base + 149_999)")] == nil)
        for index in 150_000..<250_000 where users[UTF8Text("\(base + index)")] != UTF8Text("\(base - index)") {
            Issue.record("grant \(index) is not remembered")
            return
        }
    }

    @Test("Texts of any size up to 200 bytes are remembered; of a size that no id has, nothing is")
    func sizes() {
        var users = GrantUsers(countMax: 10)
        let text = { (size: Int, byte: Character) in UTF8Text(String(repeating: byte, count: size)) }
        for size in [1, 18, 200, 255] {
            users.learn(grant: text(size, "g"), user: text(size, "u"))
            #expect(users[text(size, "g")] == text(size, "u"))
        }
        users.learn(grant: text(17, "g"), user: text(0, "u"))
        #expect(users[text(17, "g")] == text(0, "u"))
        users.learn(grant: text(0, "g"), user: "u")
        users.learn(grant: text(256, "g"), user: "u")
        users.learn(grant: "long", user: text(256, "u"))
        #expect([text(0, "g"), text(256, "g"), "long"].allSatisfy { users[$0] == nil })
        #expect(users.count == 5)
    }

    @Test("Whatever sizes come in whatever order, what is remembered is the newest and has the right user")
    func randomSizes() {
        var generator = SeededGenerator(seed: 11)
        for countMax in [1, 2, 7, 40] {
            var users = GrantUsers(countMax: countMax)
            var learned: [(grant: UTF8Text, user: UTF8Text)] = []
            for number in 0..<3000 {
                let isLong = Int.random(in: 0..<4, using: &generator) == 0
                let size = Int.random(in: 0..<(isLong ? 240 : 20), using: &generator)
                let grant = UTF8Text("\(number)" + String(repeating: "-", count: size))
                let user = UTF8Text("\(-number)" + String(repeating: "+", count: size))
                users.learn(grant: grant, user: user)
                learned.append((grant, user))
                let kept = learned.suffix(users.count)
                guard (1...countMax).contains(users.count), kept.allSatisfy({ users[$0.grant] == $0.user }),
                    learned.dropLast(users.count).suffix(3).allSatisfy({ users[$0.grant] == nil })
                else {
                    Issue.record("wrong after \(number) of at most \(countMax)")
                    return
                }
            }
        }
    }
}
