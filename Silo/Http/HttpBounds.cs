using Cmud.Replication;

namespace Cmud.Silo.Http;

/// <summary>The bounds of the HTTP gateway that are not the store's.</summary>
internal static class HttpBounds
{
    /// <summary>Most bytes of the body of a batch: as much as RESP lets go in one call.</summary>
    public const int BatchBytes = 4 << 20;

    /// <summary>Most bytes that are taken off the wire for a body, lengths of chunks and all; how long it may really be, its reader says.</summary>
    public const int RawBodyBytes = 2 * BatchBytes;

    /// <summary>Most batches that are read or carried out at a time: one may find 16 MiB, which are held as bytes, as text and as JSON, some 64 MiB; all together 1 GiB at worst.</summary>
    public const int Batches = 16;

    /// <summary>Least bytes of a body in a second, once it has come for <see cref="SlowTime"/>.</summary>
    public const int BodyRate = 240;

    /// <summary>How long a body may come, or an answer be taken, more slowly than that.</summary>
    public static readonly TimeSpan SlowTime = TimeSpan.FromSeconds(5);

    /// <summary>Least bytes of an answer that a client takes in a second, once it is behind for <see cref="SlowTime"/>. The web server takes for taken what the system holds for the client; see <see cref="ServerHost.SendBufferBytes"/>.</summary>
    public const int AnswerRate = 8 << 10;

    /// <summary>How long a whole body may take: a value at 2 KiB/s, or a batch at 140 KB/s.</summary>
    public static readonly TimeSpan BodyTime = TimeSpan.FromSeconds(30);

    /// <summary>How long the head of a request may take, from its first byte on.</summary>
    public static readonly TimeSpan HeadTime = TimeSpan.FromSeconds(5);

    /// <summary>How long a connection may be idle between requests.</summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromMinutes(2);

    /// <summary>Most bytes of a request line: a prefix and a key to go on after, each byte percent-encoded, are 6 KiB.</summary>
    public const int RequestLineBytes = 6 * Door.MaxKeyBytes + 2_048;
}
