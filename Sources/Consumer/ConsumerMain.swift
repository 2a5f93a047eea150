@main enum ConsumerMain { static func main() {} }
