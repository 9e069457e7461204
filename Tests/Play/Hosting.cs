using System.Globalization;
using Cmud.Grains.Interfaces;
using Cmud.Tests.Acceptance.Harness;

namespace Cmud.Tests.Play;

/// <summary><c>cmud serve</c> in a process of its own.</summary>
internal sealed class Hosting : IAsyncDisposable
{
    private readonly CmudProcess _process;

    private Hosting(CmudProcess process, int telnet, int web) => (_process, Telnet, Web) = (process, telnet, web);

    /// <summary>The port for telnet.</summary>
    public int Telnet { get; }

    /// <summary>The port of the page.</summary>
    public int Web { get; }

    /// <summary>Starts a host; returns when it accepts.</summary>
    public static async Task<Hosting> StartAsync(params IReadOnlyList<ServerAddress> servers)
    {
        var (telnet, web) = (TestPorts.Next(1), TestPorts.Next(1));
        var process = CmudProcess.Start("serve", "--telnet", telnet.ToString(CultureInfo.InvariantCulture), "--web", web.ToString(CultureInfo.InvariantCulture), "--server", string.Join(',', servers));
        try
        {
            await process.SeeAsync("Ctrl-C closes.");
            return new(process, telnet, web);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>SIGTERM; gives the exit code.</summary>
    public Task<int> TerminateAsync() => _process.TerminateAsync();

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
