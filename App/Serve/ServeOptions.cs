using System.Globalization;
using System.Net;

namespace Cmud.App.Serve;

/// <summary>What was asked for on the command line of <c>cmud serve</c>.</summary>
internal sealed record ServeOptions
{
    /// <summary>The most sessions that may be asked for: some hundred megabytes, and two calls a second of each.</summary>
    public const int MaxSessions = 2_000;

    /// <summary>The port of the page; null for none.</summary>
    public int? Web { get; init; }

    /// <summary>The port for telnet; null for none.</summary>
    public int? Telnet { get; init; }

    /// <summary>The address of this machine to listen on.</summary>
    /// <value>Loopback by default: nothing is encrypted.</value>
    public IPAddress Host { get; init; } = IPAddress.Loopback;

    /// <summary>Origins of the page beside its own address, such as https://mud.example.org: those of a proxy before it, or of a name of this machine.</summary>
    public IReadOnlyList<string> Origins { get; init; } = [];

    /// <summary>Most sessions in all.</summary>
    public int Sessions { get; init; } = 200;

    /// <summary>Most sessions of one address. A proxy is one for all who come through it.</summary>
    public int PerAddress { get; init; } = 20;

    /// <summary>Null where a host can be made of these options, else one sentence that says what to change.</summary>
    public string? Refuse()
    {
        if (Web is null && Telnet is null) return "There is nothing to serve: give --web PORT for browsers, --telnet PORT for telnet and clients for MUDs, or both.";

        return Web == Telnet ? string.Create(CultureInfo.InvariantCulture, $"--web and --telnet are both {Web} but must be two ports.") : null;
    }
}
