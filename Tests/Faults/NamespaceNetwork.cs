using System.Globalization;
using Cmud.Tests.Cluster;
using Xunit;

namespace Cmud.Tests.Faults;

/// <summary>A test on a network of its own; skipped, with the reason, where this user may not make one.</summary>
public sealed class NetworkFactAttribute : FactAttribute
{
    private static readonly string? Reason = NamespaceNetwork.RefusalOf();

    public NetworkFactAttribute() => Skip = Reason is null ? null : $"NOT TESTED: no network namespaces can be made here ({Reason}); install iproute2 and nftables, and run as root.";
}

/// <summary>The same, where it takes minutes: run only where an environment variable says for how long.</summary>
public sealed class LongNetworkFactAttribute : FactAttribute
{
    private static readonly string? Reason = NamespaceNetwork.RefusalOf();

    public LongNetworkFactAttribute(string variable) => Skip = Read(variable) == 0 ? $"Takes minutes: {variable} says for how long, as in .ci/full."
        : Reason is null ? null : $"NOT TESTED: no network namespaces can be made here ({Reason}); install iproute2 and nftables, and run as root.";

    internal static int Read(string variable) => Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
}

/// <summary>A fact that takes too long for every run: only where an environment variable is set, as in .ci/full.</summary>
public sealed class LongFactAttribute : FactAttribute
{
    public LongFactAttribute(string variable) => Skip = LongNetworkFactAttribute.Read(variable) == 0 ? $"For .ci/full, which sets {variable}." : null;
}

/// <summary>Network namespaces on a bridge: in each room for one server, and what one hears of another can be cut off. The test itself reaches all of them, always and at once.</summary>
/// <remarks>Nothing of the machine's own network is touched: one bridge is added, and pairs of interfaces, and both are removed.</remarks>
internal sealed class NamespaceNetwork : IAsyncDisposable
{
    private readonly int _count;
    private readonly string _prefix = string.Create(CultureInfo.InvariantCulture, $"cmud{Environment.ProcessId}");
    // Of the addresses that are for private use; two runs at once take two of them.
    private readonly string _subnet = string.Create(CultureInfo.InvariantCulture, $"10.{100 + (Environment.ProcessId / 250 % 100)}.{Environment.ProcessId % 250}");

    /// <param name="count">How many.</param>
    /// <param name="oneWay">How long packets are under way from one server to another; none, and the bridge carries them too.</param>
    public NamespaceNetwork(int count, TimeSpan oneWay = default)
    {
        _count = count;
        try
        {
            Ip("link", "add", Bridge, "type", "bridge");
            Ip("addr", "add", $"{_subnet}.1/24", "dev", Bridge);
            Ip("link", "set", Bridge, "up");
            for (var i = 0; i < count; i++)
            {
                Ip("netns", "add", Name(i));
                Ip("link", "add", Name(i), "type", "veth", "peer", "name", "eth0", "netns", Name(i));
                Ip("link", "set", Name(i), "master", Bridge, "up");
                In(i, "ip", "link", "set", "lo", "up");
                In(i, "ip", "addr", "add", $"{Host(i)}/24", "dev", "eth0");
                In(i, "ip", "link", "set", "eth0", "up");
            }

            if (oneWay > TimeSpan.Zero) Emulator = LayCables(oneWay);
        }
        catch
        {
            Remove();
            throw;
        }
    }

    /// <summary>What carries packets between the servers where they are far from one another.</summary>
    public LinkEmulator? Emulator { get; }

    private string Bridge => $"{_prefix}br";

    /// <summary>Where the servers run.</summary>
    public Place[] Places => [.. Enumerable.Range(0, _count).Select(i => new Place(Host(i), "ip", "netns", "exec", Name(i)))];

    /// <summary>Null where such a network can be made, else why not.</summary>
    public static string? RefusalOf()
    {
        try
        {
            var network = new NamespaceNetwork(1);
            try
            {
                network.In(0, "nft", "list", "ruleset");
                return null;
            }
            finally
            {
                network.Remove();
            }
        }
        catch (InvalidOperationException e)
        {
            return e.Message;
        }
    }

    /// <summary>From now on one hears nothing of what the other sends.</summary>
    public void Deafen(int hearer, int speaker) =>
        In(hearer, "nft", $"add table inet cut; add chain inet cut heard {{ type filter hook input priority 0; }}; add rule inet cut heard ip saddr {Host(speaker)} drop");

    /// <summary>Two hear nothing of one another.</summary>
    public void Part(int one, int other)
    {
        Deafen(one, other);
        Deafen(other, one);
    }

    /// <summary>All hear all again.</summary>
    public void Heal()
    {
        for (var i = 0; i < _count; i++) In(i, "nft", "flush ruleset");
    }

    public async ValueTask DisposeAsync()
    {
        if (Emulator is not null) await Emulator.DisposeAsync();
        Remove();
    }

    /// <summary>A second way between the servers, of its own: what one sends to another goes through the emulator, and nothing else does.</summary>
    private LinkEmulator LayCables(TimeSpan oneWay)
    {
        for (var i = 0; i < _count; i++)
        {
            Ip("link", "add", Near(i), "type", "veth", "peer", "name", Far(i));
            LinkEmulator.EndOffloads(Near(i));
            LinkEmulator.EndOffloads(Far(i));
            Ip("link", "set", Far(i), "address", LinkEmulator.AddressOf(i), "netns", Name(i));
            Ip("link", "set", Near(i), "up");
            In(i, "ip", "link", "set", Far(i), "up");
            foreach (var other in Enumerable.Range(0, _count).Where(other => other != i)) In(i, "ip", "route", "add", $"{Host(other)}/32", "dev", Far(i), "src", Host(i));
        }

        return new(Enumerable.Range(0, _count).Select(Near), oneWay);
    }

    private void Remove()
    {
        // Whatever of it there is; an interface goes with its other end.
        for (var i = 0; i < _count; i++)
        {
            Tool.RefusalOf("ip", "link", "delete", Name(i));
            Tool.RefusalOf("ip", "link", "delete", Near(i));
            Tool.RefusalOf("ip", "netns", "delete", Name(i));
        }

        Tool.RefusalOf("ip", "link", "delete", Bridge);
    }

    private static void Ip(params string[] arguments) => Run("ip", arguments);

    private static void Run(string program, params string[] arguments)
    {
        if (Tool.RefusalOf(program, arguments) is { } refusal) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {refusal}");
    }

    private void In(int index, params string[] command) => Run("ip", ["netns", "exec", Name(index), .. command]);

    private string Name(int index) => string.Create(CultureInfo.InvariantCulture, $"{_prefix}{(char)('a' + index)}");

    private string Near(int index) => $"{Name(index)}n";

    private string Far(int index) => $"{Name(index)}f";

    private string Host(int index) => string.Create(CultureInfo.InvariantCulture, $"{_subnet}.{index + 2}");
}
