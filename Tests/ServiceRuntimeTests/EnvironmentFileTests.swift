import Testing

@testable import ServiceRuntime

@Suite("Environment file")
struct EnvironmentFileTests {
    private func read(_ text: String) -> EnvironmentFile {
        EnvironmentFile(text, path: ".env", environment: ["WHO": "ada", "EMPTY": ""])
    }

    @Test(
        "One line gives one value",
        arguments: [
            ("A=1", "1"), ("  A = 1  ", "1"), ("export A=1", "1"), ("A=1 # comment", "1"), ("A=1#2", "1#2"), ("A=", ""),
            ("A='x # y ${WHO}'", "x # y ${WHO}"), ("A=\"x # ${WHO}\" # comment", "x # ada"),
            ("A=${WHO}-${EMPTY}!", "ada-!"),
            ("A=\"say \\\"hi\\\" \\${WHO} \\\\\"", "say \"hi\" ${WHO} \\"), ("A=$WHO", "$WHO"), ("A=a=b", "a=b"),
            ("\u{FEFF}A=1", "1"), ("A=\"\"", ""),
        ])
    func value(line: String, value: String) {
        let file = read(line)
        #expect(file.problems.isEmpty)
        #expect(file.entries == [.init(key: "A", value: value, line: 1)])
    }

    @Test(
        "A fault names key, file and line, never the text",
        arguments: [
            ("A=${NOPE}", "A (.env:1): the environment variable NOPE is not set"),
            ("A=${WHO", "A (.env:1): ${ has no closing brace"),
            ("A=${WHO:-x}", "A (.env:1): only ${NAME} can stand after $"),
            ("A='x", "A (.env:1): the closing quote is missing"),
            ("A=\"x\\\"", "A (.env:1): the closing quote is missing"),
            ("A=\"x\" y", "A (.env:1): text follows the closing quote"),
            ("secret text", "line 1 (.env:1): is not KEY=VALUE"), ("1A=x", "line 1 (.env:1): is not KEY=VALUE"),
            ("Ä=x", "line 1 (.env:1): is not KEY=VALUE"), ("=x", "line 1 (.env:1): is not KEY=VALUE"),
        ])
    func fault(line: String, message: String) {
        #expect(read(line).problems.map(\.description) == [message])
    }

    @Test("Comments and empty lines count as lines; a key stands once")
    func lines() {
        let file = read("# one\r\n\r\nA=1\r\nB=2\nA=3\n")
        #expect(file.entries.map(\.line) == [3, 4, 5])
        #expect(file.problems.map(\.description) == ["A (.env:5): is already set in line 3"])
    }
}
