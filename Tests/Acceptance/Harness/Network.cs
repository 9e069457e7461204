using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Orleans.Configuration;

namespace Cmud.Tests.Acceptance.Harness;

/// <summary>The way between servers: whatever enters a link leaves it a fixed time later, and a link can be held.</summary>
/// <remarks>
/// Wraps every connection that a server dials to a peer, in both directions. Order and throughput stay: any number of bytes may be
/// under way. A held link loses nothing, it lets nothing through, like a network that stopped answering.
/// </remarks>
/// <param name="oneWay">How long every byte is under way.</param>
internal sealed class Network(TimeSpan oneWay)
{
    /// <summary>The longest way that the store makes promises for: half of the world and back in half a second.</summary>
    public static readonly TimeSpan FarAway = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<(string From, int ToPort), Gate> _gates = new();
    private readonly Gate _all = new();

    /// <summary>Puts this network under the links of a server.</summary>
    public Action<IClientBuilder> Under(string server) => client =>
        client.Configure<ClientConnectionOptions>(options => options.ConfigureConnection(connection =>
            connection.Use(next => context => Carry(context, next, GateOf(server, ((IPEndPoint)context.RemoteEndPoint!).Port)))));

    /// <summary>From now on nothing passes the link that <paramref name="from"/> dialled to <paramref name="to"/>, either way.</summary>
    public void Hold(TestServer from, TestServer to) => GateOf(from.Name, to.Address.Port).Close();

    /// <summary>What is held goes on, in its order, and what comes after it.</summary>
    public void Release(TestServer from, TestServer to) => GateOf(from.Name, to.Address.Port).Open();

    /// <summary>From now on nothing passes any link, nor any that is made later.</summary>
    public void HoldAll() => _all.Close();

    /// <summary>Ends <see cref="HoldAll"/>.</summary>
    public void ReleaseAll() => _all.Open();

    private Gate GateOf(string from, int toPort) => _gates.GetOrAdd((from, toPort), _ => new());

    private async Task Carry(ConnectionContext context, ConnectionDelegate next, Gate gate)
    {
        var wire = context.Transport;
        var (outward, inward) = (EndlessPipe(), EndlessPipe());
        using var end = new CancellationTokenSource();
        context.Transport = new Duplex(inward.Reader, outward.Writer);
        var pumps = Task.WhenAll(
            new DelayLine(oneWay, _all, gate).RunAsync(outward.Reader, wire.Output, end.Token),
            new DelayLine(oneWay, _all, gate).RunAsync(wire.Input, inward.Writer, end.Token));
        try
        {
            await next(context);
        }
        finally
        {
            await end.CancelAsync();
            await pumps;
            context.Transport = wire;
        }
    }

    /// <summary>A pipe that never makes its writer wait: the delay must not become a bound on throughput.</summary>
    private static Pipe EndlessPipe() => new(new(pauseWriterThreshold: 0, useSynchronizationContext: false));

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
