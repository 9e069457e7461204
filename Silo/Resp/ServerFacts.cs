namespace Cmud.Silo.Resp;

/// <summary>What RESP clients are told of the server, and the clock that it goes by.</summary>
/// <param name="Name">The label of the server.</param>
/// <param name="IsOnDisk">Whether what it acknowledged outlives it.</param>
/// <param name="Time">The clock by which the server expires values.</param>
public sealed record ServerFacts(string Name, bool IsOnDisk, TimeProvider Time)
{
    /// <summary>The version of Redis whose replies ours follow: client libraries choose by it which commands they send.</summary>
    /// <remarks>A lesser one would make StackExchange.Redis use KEYS in place of SCAN, and TTL in place of PTTL.</remarks>
    public const string RedisVersion = "7.2.0";

    /// <summary>Our own version.</summary>
    public static readonly string Version = typeof(ServerFacts).Assembly.GetName().Version!.ToString(3);

    private readonly long _started = Time.GetTimestamp();

    /// <summary>What is held for its clients.</summary>
    internal LongReplies LongReplies { get; } = new();

    /// <summary>How long the server has run.</summary>
    public TimeSpan Uptime => Time.GetElapsedTime(_started);

    /// <summary>Milliseconds since 1970.</summary>
    public long Now => Time.GetUtcNow().ToUnixTimeMilliseconds();
}
