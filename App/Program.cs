using System.Security.Cryptography;
using Cmud.App;
using Cmud.App.Play;
using Cmud.App.Serve;
using Cmud.Client;
using Cmud.Game.Play;

using var streams = Streams.OfProcess();
var host = new PlayHost(streams, TerminalEnvironment.OfProcess(), TimeProvider.System, static (screen, options, client) => Session(screen, client, "terminal", options.ScreenReader));
var serveHost = new ServeHost(streams, TimeProvider.System, Session);
return await new CommandTree(streams, async (options, cancellationToken) => await CmudClient.ConnectAsync(options, cancellationToken), host.RunAsync, serveHost.RunAsync).RunAsync(args);

static IPlaySession Session(IScreen screen, ICmudClient client, string door, bool speaks) =>
    new PlaySession(new ClientWorldStore(client), TimeProvider.System, new Random(RandomNumberGenerator.GetInt32(int.MaxValue)), screen, door, speaks);
