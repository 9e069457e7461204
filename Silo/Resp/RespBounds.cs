using Cmud.Replication;

namespace Cmud.Silo.Resp;

/// <summary>How long a RESP client may take, and how much at once. One that is in and has nothing to say may be quiet for as long as it likes, as with Redis.</summary>
internal static class RespBounds
{
    /// <summary>Commands that are read, or answered, before other connections have their turn: some 50 us of work.</summary>
    /// <remarks>One read may bring 170,000. A hundred connections that sent so many held all processors for half a second.</remarks>
    public const int CommandsInTurn = 64;

    /// <summary>Most replies beyond <see cref="Door.MaxBriefReadBytes"/> that are held for clients at a time: one may have 16 MiB, all together 256 MiB.</summary>
    /// <remarks>Shorter ones are bounded by the number of connections.</remarks>
    public const int LongReplies = 16;

    /// <summary>So many values are no more than a brief batch may find.</summary>
    public const int ShortRead = Door.MaxBriefReadBytes / (Door.MaxKeyBytes + Door.MaxValueBytes);

    /// <summary>Until it has sent its token, where the server asks for one: libraries send it at once, and strangers are not to hold the places of others.</summary>
    public static readonly TimeSpan EntranceTime = TimeSpan.FromSeconds(10);

    /// <summary>From the first bytes of a command to its last: a value at 2 KiB/s, as over HTTP.</summary>
    public static readonly TimeSpan CommandTime = TimeSpan.FromSeconds(30);

    /// <summary>To take what was sent, some 64 KiB at a time: 2 KiB/s, or for a page of 1 MiB 35 KB/s.</summary>
    public static readonly TimeSpan ReplyTime = TimeSpan.FromSeconds(30);
}
